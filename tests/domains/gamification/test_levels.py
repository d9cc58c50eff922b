"""Levels: the thresholds are the contract with every client, to the unit."""

from __future__ import annotations

import pytest

from tbg.domains.gamification.rules import LEVELS, compute_level, share_xp


class TestLevelComputation:
    def test_level_1_at_zero_xp(self) -> None:
        result = compute_level(0)
        assert (result.level, result.title) == (1, "Nocoiner")

    def test_level_2_at_100_xp(self) -> None:
        result = compute_level(100)
        assert (result.level, result.title) == (2, "Curious Cat")

    def test_level_boundary_99_xp(self) -> None:
        assert compute_level(99).level == 1

    def test_level_10_at_29600_xp(self) -> None:
        result = compute_level(29_600)
        assert (result.level, result.title) == (10, "Hashrate Warrior")
        assert compute_level(29_599).level == 9

    def test_level_50_at_4929600_xp(self) -> None:
        result = compute_level(4_929_600)
        assert (result.level, result.title) == (50, "Timechain Guardian")

    def test_xp_into_level_calculation(self) -> None:
        result = compute_level(150)
        assert (result.xp_into_level, result.xp_for_level) == (50, 500)
        assert (result.next_level, result.next_title) == (3, "Hash Pupil")

    def test_max_level_exceeded(self) -> None:
        result = compute_level(10_000_000)
        assert (result.level, result.next_level) == (50, 50)
        assert result.next_title == "Timechain Guardian"
        assert (result.xp_into_level, result.xp_for_level) == (10_000_000 - 4_929_600, 0)

    @pytest.mark.parametrize(
        ("xp", "expected"),
        [
            (0, 1), (100, 2), (600, 3), (1600, 4), (4100, 5),
            (7100, 6), (10600, 7), (14600, 8), (19600, 9), (29600, 10),
            (79600, 15), (179600, 20), (429600, 25), (929600, 30), (4929600, 50),
        ],
    )  # fmt: skip
    def test_all_level_boundaries(self, xp: int, expected: int) -> None:
        assert compute_level(xp).level == expected
        if xp:
            assert compute_level(xp - 1).level < expected

    def test_there_are_no_levels_in_between(self) -> None:
        assert compute_level(79_599).level == 10

    def test_a_negative_total_is_refused(self) -> None:
        with pytest.raises(ValueError, match="never negative"):
            compute_level(-1)


class TestLevelThresholds:
    @pytest.mark.parametrize(
        ("xp", "expected_level", "expected_title"),
        [
            (0, 1, "Nocoiner"),
            (50, 1, "Nocoiner"),
            (100, 2, "Curious Cat"),
            (599, 2, "Curious Cat"),
            (600, 3, "Hash Pupil"),
            (1_600, 4, "Solo Miner"),
            (4_100, 5, "Difficulty Hunter"),
            (7_100, 6, "Share Collector"),
            (10_600, 7, "Hash Veteran"),
            (14_600, 8, "Block Chaser"),
            (19_600, 9, "Nonce Grinder"),
            (29_600, 10, "Hashrate Warrior"),
            (79_600, 15, "Diff Hunter"),
            (179_600, 20, "Mining Veteran"),
            (429_600, 25, "Satoshi's Apprentice"),
            (929_600, 30, "Cypherpunk"),
            (4_929_600, 50, "Timechain Guardian"),
            (10_000_000, 50, "Timechain Guardian"),
        ],
    )
    def test_level_at_xp(self, xp: int, expected_level: int, expected_title: str) -> None:
        found = compute_level(xp)
        assert (found.level, found.title) == (expected_level, expected_title)

    def test_xp_to_next_level_at_zero(self) -> None:
        assert compute_level(0).xp_to_next_level == 100

    def test_xp_to_next_level_at_boundary(self) -> None:
        assert compute_level(100).xp_to_next_level == 500

    def test_xp_to_next_level_at_max(self) -> None:
        assert compute_level(5_000_000).xp_to_next_level == 0

    def test_thresholds_are_sorted(self) -> None:
        thresholds = [level.cumulative for level in LEVELS]
        assert thresholds == sorted(thresholds)

    def test_all_levels_have_unique_thresholds(self) -> None:
        assert len({level.cumulative for level in LEVELS}) == len(LEVELS) == 15

    def test_xp_required_is_the_documents_own_column(self) -> None:
        assert [level.xp_required for level in LEVELS] == [
            0, 100, 500, 1000, 2500, 3000, 3500, 4000, 5000, 10_000, 25_000, 50_000, 100_000,
            250_000, 1_000_000,
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "xp"), [(0, 99, 0), (99, 100, 1), (100, 199, 0), (150, 451, 3)]
)
def test_share_xp_is_one_for_each_full_hundred(before: int, after: int, xp: int) -> None:
    assert share_xp(before, after) == xp
