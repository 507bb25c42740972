"""What must be understood before what: the `needs` of the concepts, a graph without circles.

Rules. A need is a concept of the same or an earlier lesson. Inside a lesson the concepts fall into layers: one stands below all it needs.
"""

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from lessons.content.concepts import Concept, order


def builders(concepts: Sequence[Concept]) -> Mapping[str, list[Concept]]:
    """For each slug the concepts that need it first, in the order given."""
    found: dict[str, list[Concept]] = {concept.slug: [] for concept in concepts}
    for concept in concepts:
        for slug in concept.needs:
            found.get(slug, []).append(concept)
    return found


def layers(concepts: Sequence[Concept]) -> list[list[Concept]]:
    """Each concept in the first layer below everything it needs of `concepts`; order kept inside a layer. Raises CycleError on a circle."""
    own = {concept.slug: concept for concept in concepts}
    depth: dict[str, int] = {}
    for slug in TopologicalSorter({slug: [need for need in one.needs if need in own] for slug, one in own.items()}).static_order():
        depth[slug] = 1 + max((depth[need] for need in own[slug].needs if need in own), default=-1)
    return [[one for one in concepts if depth[one.slug] == layer] for layer in range(max(depth.values(), default=-1) + 1)]


def wrong(concepts: Sequence[Concept]) -> Iterator[str]:
    """What is wrong with the slugs and needs, each in a sentence."""
    lessons: dict[str, str] = {}
    for concept in concepts:
        if concept.slug in lessons:
            yield f"{concept.slug} stands twice, in {lessons[concept.slug]} and {concept.lesson}."
        lessons[concept.slug] = concept.lesson
    for concept in concepts:
        for need in concept.needs:
            if need not in lessons:
                yield f"{concept.slug} ({concept.lesson}) needs {need}, which is no concept."
            elif order(lessons[need]) > order(concept.lesson):
                yield f"{concept.slug} ({concept.lesson}) needs {need}, which comes later, in {lessons[need]}."
    try:
        TopologicalSorter({concept.slug: concept.needs for concept in concepts}).prepare()
    except CycleError as error:
        yield f"Each of these needs the next: {', '.join(reversed(error.args[1]))}."
