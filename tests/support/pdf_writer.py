"""Small PDFs for tests, written by hand: words in Helvetica at places, nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field

WIDTH, HEIGHT = 612, 792


@dataclass
class PdfPage:
    """One page under way; y grows upwards, in points."""

    commands: list[str] = field(default_factory=list)

    def put(self, x: float, y: float, text: str, *, size: float = 10, bold: bool = False) -> None:
        """One line of words."""
        shown = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        self.commands.append(f"BT /{'B' if bold else 'R'} {size} Tf {x} {y} Td ({shown}) Tj ET")

    def lines(
        self, x: float, y: float, text: str, *, size: float = 10, pitch: float = 12, bold: bool = False
    ) -> float:
        """Lines of text one below the other; returns the height of the line after the last."""
        for line in text.strip("\n").split("\n"):
            self.put(x, y, line, size=size, bold=bold)
            y -= pitch
        return y


def pdf(pages: list[PdfPage], *, title: str = "", author: str = "", encrypted: bool = False) -> bytes:
    """The file. encrypted: under a password that nobody knows."""
    kids = " ".join(f"{6 + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
        f"<< /Title ({title}) /Author ({author}) >>".encode("cp1252"),
    ]
    for i, page in enumerate(pages):
        stream = "\n".join(page.commands).encode("cp1252")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {7 + 2 * i} 0 R"
            " /Resources << /Font << /R 3 0 R /B 4 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream")
    body = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    lock = b""
    if encrypted:
        lock = b" /Encrypt << /Filter /Standard /V 1 /R 2 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> /P -4 >>"
        lock += b" /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]"
    count = len(objects) + 1
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n" % count
        + table
        + b"trailer << /Size %d /Root 1 0 R /Info 5 0 R%s >>\nstartxref\n%d\n%%%%EOF\n" % (count, lock, len(body))
    )


def pdf_bomb(n_bytes: int) -> bytes:
    """A small file whose one page unfolds to `n_bytes` of drawing commands."""
    import zlib

    squeezed = zlib.compressobj(9)
    piece = b"q \n" * 350_000
    stream = b"".join([*(squeezed.compress(piece) for _ in range(n_bytes // len(piece))), squeezed.flush()])
    body = pdf([PdfPage()])
    return body.replace(
        b"<< /Length 0 >>\nstream\n\nendstream",
        b"<< /Filter /FlateDecode /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream",
    )
