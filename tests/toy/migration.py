"""What a migration of the domain would run."""

UPGRADE = """
CREATE TABLE bells (
    user_id bigint NOT NULL,
    number integer NOT NULL,
    rung_at timestamptz NOT NULL,
    CONSTRAINT bells_pk PRIMARY KEY (user_id, number)
);
"""
