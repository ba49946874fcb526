"""The inferred promise of an order follows its start, and gives way to a date that is given.

Production starts an order inside the database, on every path; how many working days it takes is
stamped on the order already, so that only the calendar is asked here, as `plant.promises` asks it.
"""

from __future__ import annotations

FUNCTIONS = """
-- The working day of that number after the first day; nothing where the plant rests for good. A
-- day of the calendar for one line beats that for all; without any shift, the usual working week.
CREATE OR REPLACE FUNCTION plant_working_day(
    of_client bigint, of_line bigint, first_on date, number integer
) RETURNS date LANGUAGE sql STABLE AS $$
    WITH planned AS MATERIALIZED (
        SELECT code, weekdays::integer[] AS weekdays FROM plant_shift
         WHERE client_id = of_client AND active AND voided_at IS NULL
           AND (line_id IS NULL OR of_line IS NULL OR line_id = of_line)
    ), running AS MATERIALIZED (
        SELECT code, weekdays FROM planned
         UNION ALL
        SELECT '', ARRAY[1, 2, 3, 4, 5] WHERE NOT EXISTS (SELECT FROM planned)
    ), special AS MATERIALIZED (
        SELECT DISTINCT ON (date) date, kind, shifts FROM plant_calendarday
         WHERE client_id = of_client AND voided_at IS NULL AND date > first_on
           AND (line_id IS NULL OR line_id = of_line)
         ORDER BY date, line_id NULLS LAST
    )
    SELECT day.day::date
      FROM generate_series(first_on + 1, first_on + 7 * number + 400, interval '1 day') AS day (day)
      LEFT JOIN special ON special.date = day.day::date
     WHERE special.kind IS DISTINCT FROM 'HOLIDAY' AND special.kind IS DISTINCT FROM 'SHUTDOWN'
       AND EXISTS (
           SELECT FROM running
            WHERE CASE WHEN cardinality(special.shifts) > 0
                       THEN running.code = ANY (special.shifts)
                       ELSE extract(isodow FROM day.day)::integer = ANY (running.weekdays) END)
     ORDER BY day.day OFFSET number - 1 LIMIT 1
$$;

CREATE OR REPLACE FUNCTION plant_dates_promised() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.promised_date IS NULL AND NEW.required_date IS NULL THEN
        NEW.inferred_promise_date := plant_working_day(
            NEW.client_id, NEW.line_id,
            coalesce(NEW.actual_start_date, NEW.inferred_start_date), NEW.inferred_days);
        RETURN NEW;
    END IF;
    NEW.inferred_promise_date := NULL;
    NEW.inferred_start_date := NULL;
    NEW.inferred_days := NULL;
    NEW.inferred_hours := NULL;
    NEW.inferred_crew := NULL;
    NEW.inferred_day_minutes := NULL;
    RETURN NEW;
END $$;
"""

TRIGGERS = """
CREATE TRIGGER plant_dates_promised BEFORE UPDATE ON plant_workorder FOR EACH ROW
    WHEN (NEW.inferred_days IS NOT NULL
          AND (NEW.promised_date IS NOT NULL OR NEW.required_date IS NOT NULL
               OR OLD.actual_start_date IS DISTINCT FROM NEW.actual_start_date))
    EXECUTE FUNCTION plant_dates_promised();
"""

NO_TRIGGERS = """
DROP TRIGGER plant_dates_promised ON plant_workorder;
DROP FUNCTION plant_dates_promised(), plant_working_day(bigint, bigint, date, integer);
"""
