"""Events and answers in any order: they end in the truth."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.model.agent import Contact, Identity, Phase, Reason, Status
from gateway.model.observation import Activity, Departure, Glimpse, Held, RollCall
from gateway.pipeline.track import Stamp, track

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ANNA = Identity("anna", "flex")
LIVE = frozenset({"voice"})
ACTIVITIES = (Status.READY, Status.NOT_READY, Status.LOGGED_OUT)
NEXT = {None: Phase.OFFERED, Phase.OFFERED: Phase.ACTIVE, Phase.ACTIVE: Phase.WRAP_UP}
SETTLED = timedelta(minutes=5)


def whole(at):
    return at.replace(microsecond=0)


@dataclass
class Platform:
    """What is true of one agent, and how it is told."""

    now: datetime = NOON
    doing: tuple = (Status.LOGGED_OUT, NOON)
    held: dict = field(default_factory=dict)
    gone: dict = field(default_factory=dict)

    def act(self, what, seconds):
        """Let something happen; return the event that tells it."""
        self.now += timedelta(seconds=seconds)
        if isinstance(what, Status):
            self.doing = (what, self.now)
            return Glimpse(ANNA, self.now, activity=self.activity(), live_channels=LIVE)
        key = f"WR{what}"
        phase, version, _ = self.held.get(key, (None, 0, None))
        if key in self.gone:
            return None
        if phase not in NEXT:
            del self.held[key]
            self.gone[key] = self.now
            held = Held(Contact("WT", key, channel="voice"), version + 1, is_gone=True)
        else:
            self.held[key] = (NEXT[phase], version + 1, self.now)
            held = Held(self.contact(key), version + 1)
        return Glimpse(ANNA, self.now, held=held, live_channels=LIVE)

    def activity(self):
        status, since = self.doing
        return Activity(status, Reason(None, status.value), since)

    def contact(self, key):
        phase, _, since = self.held[key]
        return Contact("WT", key, channel="voice", phase=phase, since=since)

    def answer(self):
        """Return what would be answered now, in whole seconds."""
        doing = self.activity()
        held = [self.contact(key) for key in self.held]
        return RollCall(
            ANNA,
            self.now,
            Activity(doing.status, doing.reason, whole(doing.since)),
            tuple(
                Contact("WT", each.key, channel="voice", phase=each.phase, since=whole(each.since))
                for each in held
            ),
            tuple(Departure(key, whole(at)) for key, at in self.gone.items()),
            LIVE,
        )

    def truth(self):
        return self.doing[0], {key: phase for key, (phase, _, _) in self.held.items()}


MOVES = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(ACTIVITIES), st.integers(1, 3)),
        st.one_of(st.floats(0.05, 0.6), st.floats(1, 90)).map(lambda seconds: round(seconds, 3)),
        st.sampled_from(["told", "late", "lost", "asked"]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=20,
)


def lived(moves):
    """Return the platform after *moves*, and what arrives of them in its order."""
    platform, arriving = Platform(), []
    for place, (what, seconds, fate, later) in enumerate(moves):
        event = platform.act(what, seconds)
        if event is not None:
            arriving.append((place + (later if fate == "late" else 0), event, fate == "lost"))
        if fate == "asked":
            arriving.append((place + later, platform.answer(), False))
    arriving.sort(key=lambda each: each[0])
    return platform, [(event, is_lost) for _, event, is_lost in arriving]


def tracked(observations, until):
    known = None
    for number, observation in enumerate(observations):
        stamp = Stamp("tasks", until, b"%d" % number)
        known = track(known, observation, stamp).known or known
    return known


def seen(known):
    contacts = {each.key: each.phase for each in known.contacts}
    return known.activity.status if known.activity else None, contacts


@given(MOVES)
def test_a_last_answer_ends_in_the_truth_whatever_was_lost(moves):
    platform, arriving = lived(moves)
    heard = [event for event, is_lost in arriving if not is_lost]
    platform.now += SETTLED
    known = tracked([*heard, platform.answer()], platform.now)
    assert seen(known) == platform.truth()


@given(MOVES)
def test_where_nothing_is_lost_no_answer_spoils_it(moves):
    platform, arriving = lived(moves)
    if not any(isinstance(each, Glimpse) and each.activity for each, _ in arriving):
        arriving.append((platform.act(Status.READY, 1), False))
    known = tracked([event for event, _ in arriving], platform.now)
    assert seen(known) == platform.truth()
