"""Bad days: calm first, trouble in turn, the same for the same seed."""

from itertools import pairwise

from gateway.demo.moods import CALM_SECONDS, TROUBLE_SECONDS, Trouble, mood


def course(seed=1, seconds=3600):
    feeling = mood(seed, "acme")
    return [feeling.at(float(second)) for second in range(seconds)], feeling


def test_a_vendor_is_calm_at_first_and_most_of_the_time():
    troubles, _ = course()
    assert not any(troubles[: int(CALM_SECONDS[0])])
    assert 0.05 < sum(each is not None for each in troubles) / len(troubles) < 0.5


def test_every_kind_of_trouble_comes_up_ends_and_is_counted():
    troubles, feeling = course()
    assert set(Trouble) <= set(troubles)
    ends = sum(before is not None and after is not before for before, after in pairwise(troubles))
    assert feeling.ridden_out == ends
    longest = max(map(len, "".join("x" if each else " " for each in troubles).split()))
    assert longest <= TROUBLE_SECONDS[1] + 1


def test_the_same_seed_gives_the_same_days():
    assert course()[0] == course()[0] != course(seed=2)[0]
