"""The judge: what the senders know was acknowledged against what the vendors know they got.

It compares when all is calm. The rules are those of the contract, sections 4 and 5; what the
gateway says of itself (its store) counts only where the two ledgers outside agree with it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.acceptance.rig.centre import CONTACT, STATE, Fact
from tests.acceptance.rig.ledger import Ledger, digest
from tests.acceptance.rig.vendor import Mood

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.acceptance.rig.books import Books
    from tests.acceptance.rig.vendor import Vendor

PERMANENT = frozenset({Mood.REDIRECTING, Mood.REFUSING})


@dataclass(frozen=True)
class Terms:
    """What a destination is configured to be told, and how. *codes*: it knows states only, by
    the code of the agents in *identities*; who is not there is held. *batched*: a request may
    carry several events.
    """

    name: str
    vendor: Vendor
    skips: bool = False
    codes: bool = False
    batched: bool = False
    identities: dict[str, str] = field(default_factory=dict)

    def wants(self, fact: Fact) -> bool:
        return not (self.codes and fact.type == CONTACT)

    def collapses(self, fact: Fact) -> bool:
        return self.skips and (fact.type == STATE or (self.codes and self.wants(fact)))


@dataclass
class Verdict:
    """What is wrong, and each destination's balance: how many events came to what."""

    violations: list[str] = field(default_factory=list)
    balance: dict[str, Counter[str]] = field(default_factory=dict)
    facts: int = 0
    set_aside: set[str] = field(default_factory=set)

    def lines(self) -> Iterator[str]:
        """Say the conservation equation of every destination."""
        for name, outcomes in self.balance.items():
            parts = " + ".join(f"{n} {word}" for word, n in sorted(outcomes.items()))
            yield f"{name}: {self.facts} acknowledged = {parts or 0}"
        if self.set_aside:
            yield f"not counted, a receipt of theirs is set aside: {sorted(self.set_aside)}"


def judge(ledger: Ledger, books: Books, terms: Iterable[Terms]) -> Verdict:
    """Compare everything."""
    verdict = Verdict(list(ledger.violations))
    verdict.violations += [f"count: {each}" for each in books.miscounted]
    _check_quarantine(ledger, books, verdict)
    facts = _without_those_set_aside(ledger, books, verdict)
    ids = _events_of(facts, books, verdict)
    for each in terms:
        court = _Court(each, books, ids, verdict)
        court.check_outcomes(facts)
        court.check_revisions()
        if each.codes:
            court.check_codes(facts)
        else:
            court.check_last_states(facts)
        court.check_order(facts)
        court.check_ids()
    return verdict


def _without_those_set_aside(
    ledger: Ledger, books: Books, verdict: Verdict
) -> dict[str, list[Fact]]:
    """Leave out the agents of whom a receipt was under way at two ends: what follows of the next
    one is concluded from less than was said.
    """
    if 2 * len(books.crashed) > ledger.unclean_ends:
        verdict.violations.append(f"{len(books.crashed)} receipts are set aside as crashed")
    aside = [ledger.by_body.get(digest(body), ()) for body in books.crashed]
    subjects = {fact.subject for facts in aside for fact in facts}
    verdict.set_aside = subjects
    return {name: facts for name, facts in ledger.facts.items() if name not in subjects}


def _events_of(
    facts_by_agent: dict[str, list[Fact]], books: Books, verdict: Verdict
) -> dict[Fact, str]:
    """Return each acknowledged fact's event; there must be just one, and no other."""
    if books.untranslated:
        verdict.violations.append(f"{books.untranslated} receipts are not translated")
    ids: dict[Fact, str] = {}
    for fact in (fact for facts in facts_by_agent.values() for fact in facts):
        verdict.facts += 1
        found = books.events.get(fact.key, [])
        if len(found) == 1:
            ids[fact] = found[0]
        else:
            verdict.violations.append(f"{fact} was acknowledged and has {len(found)} events")
    known = {fact.key for fact in ids}
    said = known | {key for key in books.revised.values() if key[0] in verdict.set_aside}
    verdict.violations += [
        f"nobody said {key}, which was told anew" for key in set(books.revised.values()) - said
    ]
    verdict.violations += [
        f"nobody said {key}"
        for key in books.events
        if key not in known and ".agent." in key[1] and key[0] not in verdict.set_aside
    ]
    return ids


def _check_quarantine(ledger: Ledger, books: Books, verdict: Verdict) -> None:
    """What nobody can read is there once for each time that it was taken."""
    for reason in (books.quarantine.keys() | ledger.bad_posts.keys()) - {"", "crashed"}:
        found = books.quarantine[reason]
        taken, posted = ledger.bad_acknowledged[reason], ledger.bad_posts[reason]
        if not taken <= found <= posted:
            verdict.violations.append(
                f"{found} are in quarantine as {reason}; {taken} were acknowledged, {posted} posted"
            )


@dataclass
class _Court:
    """One destination before the judge."""

    terms: Terms
    books: Books
    ids: dict[Fact, str]
    verdict: Verdict

    def __post_init__(self) -> None:
        heard = self.terms.vendor.heard
        one_by_one = [each for each in heard if ":" in each.key]
        self._taken = {_event_id(each.key) for each in one_by_one if each.is_taken}
        self._moods: dict[str, set[Mood]] = {}
        for each in one_by_one:
            self._moods.setdefault(_event_id(each.key), set()).add(each.mood)
        for each in heard:
            if not self.terms.codes:
                for _agent, event_id, _digest in each.told:
                    self._moods.setdefault(event_id, set()).add(each.mood)
                    if each.is_taken:
                        self._taken.add(event_id)

    def blame(self, text: str) -> None:
        self.verdict.violations.append(f"{self.terms.name}: {text}")

    def outcome(self, fact: Fact) -> str:
        """Return what became of a fact here; words that are no outcome tell of a loss."""
        return self._outcome_of(self.ids.get(fact, ""))

    def _outcome_of(self, event_id: str) -> str:
        place = event_id, self.terms.name
        words = [*self.books.outcomes.get(place, [])]
        if place in self.books.owed:
            held = self.books.owed[place]
            words.append("held" if held else "owed")
        return words[0] if len(words) == 1 else f"{len(words)} outcomes {words}"

    def check_outcomes(self, facts: dict[str, list[Fact]]) -> None:
        balance: Counter[str] = Counter()
        for told in facts.values():
            wanted = [fact for fact in told if self.terms.wants(fact)]
            balance["not asked for"] += len(told) - len(wanted)
            outcomes = [self.outcome(fact) for fact in wanted]
            balance.update(outcomes)
            for index, fact in enumerate(wanted):
                self._check_outcome(fact, outcomes[index], wanted[index + 1 :])
        self.verdict.balance[self.terms.name] = +balance

    def check_revisions(self) -> None:
        """What was told of a contact anew is over as well, in one way that is right."""
        by_key = {fact.key: fact for fact in self.ids}
        for event_id, key in self.books.revised.items():
            fact = by_key.get(key)
            if fact is None or not self.terms.wants(fact):
                continue
            outcome = self._outcome_of(event_id)
            is_taken = outcome == "delivered" and event_id in self._taken
            if not (is_taken or (outcome == "dead" and self._may_be_dead(event_id))):
                self.blame(f"{fact}, told anew, is {outcome!r}")

    def _check_outcome(self, fact: Fact, outcome: str, later: list[Fact]) -> None:
        event_id = self.ids.get(fact, "")
        if self.terms.codes and fact.subject not in self.terms.identities:
            is_right = outcome == "held"
        elif outcome == "delivered":
            is_right = event_id in self._taken or (self.terms.codes and self.terms.batched)
        elif outcome in {"superseded", "stale"}:
            is_right = self.terms.collapses(fact) and any(map(self.terms.collapses, later))
        elif outcome == "unchanged":
            is_right = self.terms.codes
        elif outcome == "dead":
            is_right = self._may_be_dead(event_id)
        else:
            is_right = False
        if not is_right:
            moods = sorted(each.name for each in self._moods.get(event_id, ()))
            self.blame(f"{fact} is {outcome!r}, told {moods}")

    def _may_be_dead(self, event_id: str) -> bool:
        """Whether a vendor said a word that is final, or failed it amid others' successes."""
        moods = self._moods.get(event_id, set())
        reason = self.books.dead.get((event_id, self.terms.name))
        return bool(moods & PERMANENT) if reason == "permanent" else reason == "suspect"

    def check_last_states(self, facts: dict[str, list[Fact]]) -> None:
        """The last state a vendor took of an agent is the last one acknowledged."""
        states = {event_id for fact, event_id in self.ids.items() if fact.status is not None}
        last: dict[str, str] = {}
        for heard in self.terms.vendor.heard:
            if heard.is_taken:
                last |= {agent: told for agent, told, _ in heard.told if told in states}
        for subject, told in facts.items():
            newest_first = [each for each in reversed(told) if each.status is not None]
            if newest_first and self.outcome(newest_first[0]) == "delivered":
                newest = self.ids.get(newest_first[0])
                if last.get(subject) != newest:
                    self.blame(f"{subject} was left at {last.get(subject)}, not at {newest}")

    def check_codes(self, facts: dict[str, list[Fact]]) -> None:
        """Each agent's codes are some of theirs in their order, the last one the present one."""
        heard: dict[str, list[str]] = {}
        taken: dict[str, str] = {}
        for each in self.terms.vendor.heard:
            for agent, code, _digest in each.told:
                heard.setdefault(agent, []).append(code)
                if each.is_taken:
                    taken[agent] = code
        for subject, identity in self.terms.identities.items():
            wanted = [each for each in facts.get(subject, []) if self.terms.wants(each)]
            codes = [each.code for each in wanted]
            told = heard.get(identity, [])
            if not _is_told_in_order(told, codes):
                self.blame(f"{identity} was told {told}, of {codes}")
            is_told = wanted and self.outcome(wanted[-1]) in {"delivered", "unchanged"}
            if is_told and taken.get(identity) != codes[-1]:
                self.blame(f"{identity} was left at {taken.get(identity)}, not at {codes[-1]}")

    def check_order(self, facts: dict[str, list[Fact]]) -> None:
        """Each agent's events come in the order of the source; the last may be repeated."""
        places = {
            self.ids[fact]: (subject, place)
            for subject, told in facts.items()
            for place, fact in enumerate(told)
            if fact in self.ids
        }
        last: dict[str, list[int]] = {}
        for event_ids in self._requests():
            request: dict[str, list[int]] = {}
            for event_id in event_ids:
                if event_id in self.books.revised:
                    continue
                if event_id not in places:
                    if not self.verdict.set_aside:
                        self.blame(f"told of {event_id}, which nobody said")
                    continue
                subject, place = places[event_id]
                request.setdefault(subject, []).append(place)
            for subject, told in request.items():
                before = last.get(subject, [-1])
                is_after = told[0] > before[-1] or set(told) & set(before)
                if not is_after or told != sorted(told):
                    self.blame(f"{subject}: told {told} after {before}")
                last[subject] = told

    def _requests(self) -> Iterator[list[str]]:
        for heard in self.terms.vendor.heard:
            if ":" in heard.key:
                yield [_event_id(heard.key)]
            elif not self.terms.codes:
                yield [event_id for _agent, event_id, _digest in heard.told]

    def check_ids(self) -> None:
        """What is told under one id, or one key, is always the same."""
        by_id: dict[str, bytes] = {}
        by_key: dict[str, object] = {}
        keys: dict[object, str] = {}
        for heard in self.terms.vendor.heard:
            if not self.terms.codes and keys.setdefault(heard.told, heard.key) != heard.key:
                self.blame(f"{heard.told} was told under {heard.key} and {keys[heard.told]}")
            if by_key.setdefault(heard.key, heard.told) != heard.told:
                self.blame(f"the key {heard.key} stood for two requests")
            for _agent, told, item in heard.told:
                if not self.terms.codes and by_id.setdefault(told, item) != item:
                    self.blame(f"the id {told} stood for two events")


def _event_id(key: str) -> str:
    return key.partition(":")[0]


def _is_told_in_order(told: list[str], codes: list[str]) -> bool:
    """Whether *told* is a subsequence of *codes*, repetitions in a row apart."""
    place = -1
    for index, code in enumerate(told):
        if index and code == told[index - 1]:
            continue
        try:
            place = codes.index(code, place + 1)
        except ValueError:
            return False
    return True
