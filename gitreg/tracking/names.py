"""Names for runs that were given none: an adjective, a noun and a number, the same for the same id on every machine."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gitreg.documents import RunId

_ADJECTIVES_TEXT: Final = (
    "able agile amber ample apt azure bold brave brief bright brisk broad calm candid clear clever cool coral crisp "
    "daring deft dry eager early easy even exact fair fast fine firm fleet fond free fresh frank gentle glad golden "
    "grand great green handy happy hardy honest humble ideal jolly just keen kind large late lean light lively loyal "
    "lucid lucky lunar major mellow merry mild modest neat new nimble noble novel olive open patient plain polite "
    "prime proud pure quick quiet rapid ready real regal rich robust rosy round royal sage sharp silent silver simple "
    "sleek smart smooth snug sober solar solid sound spry stable steady still stout sturdy subtle sunny sure swift "
    "tall tidy true upbeat urban valid vast vivid warm wide wise witty young zesty"
)
_NOUNS_TEXT: Final = (
    "acorn alder ant apple ash aspen badger bay beach bear beaver beech bee birch bison brook canyon cedar cliff cloud "
    "clover comet coral cove crane creek crow daisy dawn deer delta dolphin dove dune eagle elk elm ember falcon fern "
    "field finch fir fjord flame forest fox frog garden glacier glade goose grove gull harbor hare hawk hazel heron "
    "hill ibis iris island ivy jay juniper kelp kite lagoon lake lark laurel leaf lemur lily linden lion lotus lynx "
    "maple marsh meadow meteor mink moon moose moss moth nebula newt oak oasis ocean orchid osprey otter owl panda "
    "peak pearl pebble pine planet plum pond poplar prairie puma quail rain raven reef ridge river robin rose rowan "
    "sage seal shore sky sparrow spring spruce star stone stork storm stream summit sun swan thrush tide tiger trout "
    "tulip valley vole wave whale willow wind wolf wren yew zebra"
)
_ADJECTIVES: Final = tuple(_ADJECTIVES_TEXT.split())
_NOUNS: Final = tuple(_NOUNS_TEXT.split())


def generated_name(run: RunId) -> str:
    """Such as `brave-otter-417`: easy to say and to tell apart, not unique; the id is."""
    number = int.from_bytes(hashlib.sha256(run.encode()).digest()[:8])
    number, adjective = divmod(number, len(_ADJECTIVES))
    number, noun = divmod(number, len(_NOUNS))
    return f"{_ADJECTIVES[adjective]}-{_NOUNS[noun]}-{number % 1000}"
