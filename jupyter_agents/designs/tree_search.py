"""A tree of solutions: draft several, mend the broken, improve the best by one change at a time.

Source: Jiang et al. 2025, AIDE, arXiv:2502.13138, section 3 (solution tree, search policy, coding operators) and
Algorithm 1.
Differs: a node is a branch of the run, so it has a folder and a conversation of its own, and its score is the agent's
own measure, computed by code, never a number that a model read from printed text. The first draft is made on the
main line, so that every other is compared with the same one; the other drafts are made side by side. What comes
before and after the search (a plan, a conclusion) is done on the main line as in `gated_loop`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..errors import RunError
from ..records import Json, dumps
from . import Conversation, Run

SOURCE = "arXiv:2502.13138, section 3"
NODES = 8
"""Attempts, where no artefact before the search says how many (a whole number `attempts`)."""
DRAFTS = 3
"""Of the nodes, at most; never more than half of them."""
DEBUG = 0.5
"""Chance that a broken leaf is mended next, where there is one. AIDE's own choice."""
DEBUG_DEPTH = 3
"""Times that a node is mended in a row."""
TURNS = 8
"""Of one node's conversation."""
STALLED = 3
"""Nodes in a row that handed in nothing, after which the search ends with what there is."""
WINDOW = 0.6

DRAFT = "Make one complete attempt from scratch, of another kind than those there are, and hand it in as `{name}`."
IMPROVE = (
    "Improve what this line of work has by exactly one change, the one you expect most of. Hand it in as `{name}`."
)
MEND = "The last attempt of this line of work gave no score. Find out why, mend only that, and hand it in as `{name}`."
FIRST = "Now make the first attempt, the plain baseline, and hand it in as `{name}`. Nothing more for now."
PRODUCE = "Now work for this, and hand it in:\n{owed}"
OWED = "You stopped, but this is still owed:\n{problems}\nGo on; hand in by the submit tools."


@dataclass
class Node:
    """One solution: the line of work that made it, and its score."""

    run: Run
    how: str
    score: float | None = None
    """None where nothing was handed in: a broken leaf."""
    depth: int = 0
    """How often in a row it was mended."""
    said: Json = field(default_factory=dict)
    leaf: bool = True


async def flow(run: Run) -> None:
    """Plan, search the tree, keep the best, conclude."""
    name = _searched(run)
    required = list(run.board.required())
    at = required.index(name)
    await _produce(run, required[:at])
    if run.board.read(name) is None:  # an agent may have filled it where nothing is to be searched
        best = await _search(run, name)
        if best.run is not run:
            await run.adopt(best.run)
    await _produce(run, required[at + 1 :])


def _searched(run: Run) -> str:
    """The artefact that is searched for: the first that is required and has a score."""
    for name in run.board.required():
        if name in run.board.scored():
            return name
    raise RunError("tree_search needs an artefact with a score, and this agent has none; choose --design gated_loop")


async def _search(run: Run, name: str) -> Node:
    """Grow the tree; its best node. Raises RunError where no node has a score."""
    limit = _nodes(run, name)
    root = await _grow(run, Node(run, "baseline"), FIRST.format(name=name), name, [])
    nodes = [root, *await _drafts(run, name, min(DRAFTS, limit // 2) - 1, [root])]
    stalled = 0
    while len(nodes) < limit and stalled < STALLED:
        node = await _next(run, name, nodes)
        nodes.append(node)
        stalled = stalled + 1 if node.score is None else 0
        run.note(f"node {len(nodes)} of {limit}, {node.how}: {_shown(node)}; best so far: {_shown(_best(nodes))}")
    best = _best(nodes)
    if best is None:
        raise RunError(f"none of {len(nodes)} attempts gave a score; look at the last ones in the notebook")
    return best


async def _drafts(run: Run, name: str, n: int, nodes: list[Node]) -> list[Node]:
    """Drafts beside the first, side by side, each on a branch of its own."""

    async def draft(side: Run) -> Node:
        node = Node(await side.branch("draft"), "draft")
        return await _grow(node.run, node, DRAFT.format(name=name), name, nodes)

    return await run.gather(*[draft] * max(n, 0), limit=2)


async def _next(run: Run, name: str, nodes: list[Node]) -> Node:
    """Mend a broken leaf, improve the best, or draft anew where nothing has a score yet."""
    broken = [node for node in nodes if node.score is None and node.leaf and node.depth < DEBUG_DEPTH]
    best, drawn = _best(nodes), await run.random()
    if broken and (best is None or drawn < DEBUG):
        parent = broken[int(drawn / DEBUG * len(broken)) % len(broken)]
        node = Node(await parent.run.branch("mend"), "mend", depth=parent.depth + 1)
        parent.leaf = False
        return await _grow(node.run, node, MEND.format(name=name), name, nodes)
    if best is None:
        node = Node(await run.branch("draft"), "draft")
        return await _grow(node.run, node, DRAFT.format(name=name), name, nodes)
    node = Node(await best.run.branch("improve"), "improve")
    best.leaf = False
    return await _grow(node.run, node, IMPROVE.format(name=name), name, nodes)


async def _grow(run: Run, node: Node, task: str, name: str, nodes: list[Node]) -> Node:
    """One node's conversation, which ends when the artefact is handed in anew or its turns are used up."""
    talk, handed_in = _open(run, [name], nodes), False
    talk.tell(task)
    for _ in range(TURNS):
        reply = await talk.ask()
        for call in reply.calls:
            observation = await run.act(call)
            talk.answer(call.id, observation)
            handed_in = handed_in or (call.tool == f"submit_{name}" and not observation.error)
        if handed_in or not reply.calls:
            break
    if handed_in:
        node.score, node.said = await run.score(name), run.board.read(name)
    return node


async def _produce(run: Run, wanted: Sequence[str]) -> None:
    """Hold one conversation on the main line until these artefacts are there."""
    if all(run.board.read(name) is not None for name in wanted):
        return
    talk, stalled = _open(run, wanted, []), 0
    talk.tell(PRODUCE.format(owed="\n".join(f"- {name}: {run.board.about(name)}" for name in wanted)))
    while True:
        if talk.window_used > WINDOW:
            talk = _open(run, wanted, [])
        reply, worked = await talk.ask(), False
        for call in reply.calls:
            observation = await run.act(call)
            talk.answer(call.id, observation)
            worked = worked or not observation.error
        problems = {a: p for a, p in (await run.finished()).by_artefact.items() if a in wanted}
        if not problems:
            return
        stalled = 0 if worked else stalled + 1
        owed = "\n".join(f"- {a}: {line}" for a, lines in problems.items() for line in lines)
        if stalled >= STALLED:
            raise RunError(f"{STALLED} turns brought nothing new; still owed:\n{owed}")
        if not reply.calls:
            talk.tell(OWED.format(problems=owed))


def _open(run: Run, submits: Sequence[str], nodes: list[Node]) -> Conversation:
    """A new conversation of the lead: the task, what this line has, and what all nodes came to."""
    talk = run.conversation(run.roles[0], submits=submits)
    talk.tell(run.task)
    if digest := run.board.digest():
        talk.tell_untrusted(digest, "what this line of work has so far")
    if nodes:
        lines = [f"{i}. {node.how}: {_shown(node)} {dumps(node.said)}" for i, node in enumerate(nodes, 1)]
        talk.tell_untrusted("\n".join(lines), "all attempts so far, higher scores are better")
    return talk


def _best(nodes: list[Node]) -> Node | None:
    """Highest score; of equal ones the earliest."""
    scored = [(node.score, -i, node) for i, node in enumerate(nodes) if node.score is not None]
    return max(scored, key=lambda entry: entry[:2])[2] if scored else None


def _shown(node: Node | None) -> str:
    return "no score" if node is None or node.score is None else f"score {node.score:.6g}"


def _nodes(run: Run, name: str) -> int:
    """How many nodes the tree has: what an artefact before the search says, else our own number."""
    for artefact in run.board.required():
        value = run.board.read(artefact) if artefact != name else None
        said = value.get("attempts") if isinstance(value, dict) else None
        if isinstance(said, int):
            return max(1, said)
    return NODES
