"""For each planted bug a seed whose schedule has shown it, every time it was tried.

A schedule runs in real time, so a seed promises much, not everything: where it shows nothing, the
hunt goes on with others, within the same bound. When the harness or the program changes, other
seeds may be needed: the test that uses these warns with the ones that it found instead.
"""

SHOWN_BY = {
    "ack_before_commit": 4,
    "ack_everything": 3,
    "dedupe_by_entry_id": 3,
    "dedupe_in_memory": 3,
    "check_then_insert": 3,
    "keys_committed_first": 4,
    "repeats_counted": 3,
    "counted_when_processed": 3,
    "group_made_at_the_end": 3,
    "trim_passes_pending": 3,
    "no_claim": 4,
    "buried_in_two_steps": 3,
    "batch_buried": 10,
    "xp_outside_the_transaction": 5,
    "lost_update": 4,
    "locks_in_any_order": 4,
    "streak_not_derived": 3,
    "rejected_counted": 3,
    "week_edge_rounded": 3,
    "share_xp_by_batch": 4,
    "level_told_again": 3,
    "block_counted_again": 3,
    "personal_best_paid_again": 4,
    "rollup_taken_first": 5,
    "rollup_removed_later": 3,
    "best_without_tie_break": 3,
    "best_of_rejected": 3,
    "outbox_after_commit": 7,
    "outbox_by_cursor": 3,
    "outbox_without_lock": 3,
    "sent_before_delivered": 4,
    "sent_after_delivered": 4,
}
