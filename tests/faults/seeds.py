"""For each planted bug a seed whose schedule has shown it, every time it was tried.

A schedule runs in real time, so a seed promises much, not everything: where it shows nothing, the
hunt goes on with others, within the same bound. When the harness or the program changes, other
seeds may be needed: the test that uses these warns with the ones that it found instead. These were
among the shortest schedules that showed each bug every time of four or more.
"""

SHOWN_BY = {
    "ack_before_commit": 49,
    "ack_everything": 56,
    "dedupe_by_entry_id": 49,
    "dedupe_in_memory": 68,
    "check_then_insert": 68,
    "keys_committed_first": 4,
    "repeats_counted": 88,
    "counted_when_processed": 49,
    "group_made_at_the_end": 49,
    "trim_passes_pending": 49,
    "no_claim": 4,
    "buried_in_two_steps": 3,
    "batch_buried": 41,
    "xp_outside_the_transaction": 48,
    "lost_update": 3,
    "locks_in_any_order": 53,
    "streak_not_derived": 88,
    "freeze_not_given_back": 4,
    "freezes_as_switched_now": 8,
    "level_told_after_correction": 3,
    "rejected_counted": 49,
    "week_edge_rounded": 49,
    "share_xp_by_batch": 88,
    "level_told_again": 88,
    "block_counted_again": 49,
    "report_believed": 49,
    "backing_forgotten": 53,
    "personal_best_paid_again": 3,
    "rollup_taken_first": 48,
    "rollup_removed_later": 3,
    "best_without_tie_break": 88,
    "best_of_rejected": 49,
    "outbox_after_commit": 48,
    "outbox_by_cursor": 103,
    "outbox_without_lock": 3,
    "sent_before_delivered": 49,
    "sent_after_delivered": 3,
}
