"""Commands that say nothing to a reader, and those of which only the last argument is read."""

from __future__ import annotations

_WORDS = {
    0: """
        aclfinalcopy BibitemOpen doibase allowbreak appendixname backmatter balance begingroup bf
        bfseries bgroup
        bibsep bigskip boldmath bottomrule break centering cleardoublepage clearpage displaystyle
        doublehline doublespace
        doublespacing egroup eject em endfirsthead endfoot endgroup endhead endlastfoot FloatBarrier
        flushbottom footnotesize frontmatter fussy hfilneg hline hrule hss huge Huge IEEEpeerreviewmaketitle
        ignorespaces indent it itemsep itshape kill large Large LARGE leavevmode linenumbers listoffigures
        listoftables mainmatter makeatletter makeatother makeindex maketitle mdseries medskip midrule newblock
        newpage noindent nolinebreak nolinenumbers nonumber nopagebreak normalfont normalsize notag null
        onecolumn onehalfspacing pagebreak printindex protect qed qedhere quitvmode raggedbottom raggedleft
        raggedright relax rm rmfamily samepage sc scriptsize scriptstyle scshape selectfont sf sffamily
        singlespace singlespacing sl sloppy slshape small smallskip strut tableofcontents tabularnewline
        textstyle tiny toprule tt ttfamily twocolumn unboldmath unskip upshape vfill vss Xhline
    """,
    1: """
        accepted acmConference acmDOI acmISBN acmYear addbibresource address affil affiliation affiliations
        allowdisplaybreaks altaffiliation arrayrulecolor author authorcontributions authornote authorrunning
        bibliography keywords Keywords icmltitle BibitemShut SentenceSpace bibliographystyle bibliographyunit
        bstctlcite captionsetup ccsdesc cellcolor cfoot chead citestyle cline cmidrule collaboration color
        columncolor conferenceinfo conflictsofinterest
        CopyrightYear corref correspondingauthor cortext crdata curraddr date DeclareGraphicsExtensions
        DeclareMathSymbol dedicatory documentclass ead email enlargethispage fancyfoot fancyhead floatname
        fnref fntext funding geometry graphicspath homepage hphantom hspace hypersetup hyphenation
        icmlkeywords icmlsetsymbol icmltitlerunning index inst institute institution institutionalreview JEL
        journalname lfoot lhead lstset markright message missingfigure MSC needspace noalign
        nobibliography nocite orcid pacs PACS pagenumbering pagestyle pdfinfo permission pgfplotsset phantom
        preprint printAffiliationsAndNotice ProvidesFile published received RequirePackage
        rfoot rhead rowcolor runningauthor runningtitle setcitestyle setcopyright setlist sisetup special
        subjclass subtitlenote thanks thispagestyle tikzset title titlenote titlerunning tnoteref
        tnotetext todo tracingall typeout urladdr urlstyle usepackage usetikzlibrary volume vphantom vspace
    """,
    2: """
        addtocontents addtolength colorlet counterwithin crefname Crefname DeclareGraphicsRule
        definecolor icmlaffiliation icmlcorrespondingauthor icmlauthor markboth numberwithin pdfbookmark rule setlength
    """,
    3: """
        addcontentsline crefrangeformat definecolorset rowcolors specialrule titlespacing
    """,
}
DROPPED = {name: count for count, names in _WORDS.items() for name in names.split()}
"""How many arguments go with a command that only moves ink, or says what is read elsewhere."""
KEPT = {
    "bibinfo": 1, "bibfield": 1, "Eprint": 1, "eprint": 1, "colhead": 0,
    "adjustbox": 1, "colorbox": 1, "diagbox": 0, "fcolorbox": 2, "fontsize": 2, "foreignlanguage": 1,
    "framebox": 0, "href": 1, "hyperlink": 1, "hyperref": 0, "hypertarget": 1, "lettrine": 0, "makebox": 0,
    "makecell": 0, "multicolumn": 2, "multirow": 2, "otherlanguage": 1, "parbox": 1, "pdftooltip": 0,
    "raisebox": 1, "resizebox": 2, "resizebox*": 2, "rotatebox": 1, "scalebox": 1, "shortstack": 0,
    "tablenote": 0, "texorpdfstring": 0, "textcolor": 1, "textls": 0, "thead": 0,
}  # fmt: skip
"""How many arguments stand before the one that is read."""
