"""Partitions of the raw shares, made and dropped by functions of the owner.

The application role may call them and owns no table: what it owned could carry code of its own.
"""

from tbg.core.migration import run

revision = "0005_database"
down_revision = "0004_by_user"

# These run as the owner. Their path holds nothing that others can write to, names are qualified,
# what a caller could set (time zone, date style, tablespace) is set here, and the only values that
# reach a statement are months and moments. The bound on the number of months keeps a caller from
# filling the catalogue.
MAKE = """
CREATE FUNCTION public.make_month_of_shares(month date) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET default_tablespace = ''
AS $$
DECLARE
    name text;
    low text;
    high text;
BEGIN
    IF month IS NULL OR month NOT BETWEEN DATE '2009-01-01' AND DATE '2199-12-01'
        OR date_part('day', month) <> 1
    THEN
        RAISE EXCEPTION 'not the first day of a month: %', month
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF (SELECT count(*) FROM pg_inherits WHERE inhparent = 'public.shares'::regclass) >= 60 THEN
        RAISE EXCEPTION 'the raw shares have too many partitions'
            USING ERRCODE = 'program_limit_exceeded';
    END IF;
    name := to_char(month, '"shares_"YYYY_MM');
    low := to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00';
    high := to_char(month + INTERVAL '1 month', 'YYYY-MM-DD') || ' 00:00:00+00';
    -- Made apart and attached: that lets batches go on writing to the other months.
    LOCK TABLE public.shares_default IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.shares INCLUDING ALL)', name);
    EXECUTE format(
        'WITH moved AS (DELETE FROM public.shares_default WHERE at >= %L AND at < %L RETURNING *)'
        ' INSERT INTO public.%I SELECT * FROM moved', low, high, name);
    EXECUTE format(
        'ALTER TABLE public.shares ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
        name, low, high);
    RETURN name;
END $$
"""

FORGET = """
CREATE FUNCTION public.forget_old_shares(before timestamptz) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC' SET datestyle = 'ISO, YMD'
AS $$
DECLARE
    name text;
BEGIN
    IF before IS NULL OR NOT isfinite(before) OR before > clock_timestamp() THEN
        RAISE EXCEPTION 'not a moment of the past: %', before
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF (SELECT relkind FROM pg_class WHERE oid = 'public.shares'::regclass) <> 'p' THEN
        SELECT n.nspname INTO name FROM pg_extension e
            JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'timescaledb';
        IF FOUND THEN
            EXECUTE format('SELECT %I.drop_chunks(%L::regclass, %L::timestamptz)',
                name, 'public.shares', before);
        END IF;
        RETURN;
    END IF;
    DELETE FROM public.shares_default WHERE at < before;
    FOR name IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'public.shares'::regclass
            AND c.relnamespace = 'public'::regnamespace
            AND c.relname ~ '^shares_[0-9]{4}_[0-9]{2}$'
            AND to_date(substr(c.relname, 8), 'YYYY_MM') + INTERVAL '1 month' <= before
        ORDER BY 1
    LOOP
        EXECUTE format('DROP TABLE public.%I', name);
        RETURN NEXT name;
    END LOOP;
END $$
"""

# Everybody may call a new function, unless told otherwise.
CLOSE = """
REVOKE ALL ON FUNCTION public.make_month_of_shares(date), public.forget_old_shares(timestamptz)
    FROM PUBLIC
"""


def upgrade() -> None:
    for part in (MAKE, FORGET, CLOSE):
        run(part)
