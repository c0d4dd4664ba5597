"""Whether an agent holds what they held before."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.model.agent import Contact, Named, Phase
from gateway.pipeline.track.held import hold_the_same

CONTACTS = st.lists(
    st.builds(
        Contact,
        st.sampled_from(["WT1", "WT2", None]),
        st.sampled_from(["WR1", None]),
        phase=st.sampled_from([Phase.ACTIVE, Phase.WRAP_UP]),
        queue=st.sampled_from([None, Named("WQ1")]),
        task_status=st.sampled_from([None, "assigned"]),
    ),
    max_size=3,
)


def held(contacts):
    return {(each.key, each.phase, each.queue) for each in contacts}


@given(CONTACTS, CONTACTS)
def test_it_is_what_contacts_phases_and_queues_there_are(before, now):
    assert hold_the_same(before, now) == (held(before) == held(now))
    assert hold_the_same(before, now[:1] + before[1:]) == (
        held(before) == held(now[:1] + before[1:])
    )


@given(CONTACTS)
def test_their_order_does_not_matter(contacts):
    assert hold_the_same(contacts, contacts[::-1])
