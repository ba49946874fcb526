"""What the database alone can say about floaters: free or taken among all clients, and that
nobody is recorded where nobody sent them."""

from django.db import migrations

# Yes or no, over the rows of all clients; which row it is stays with the client that owns it. The
# owner is bound by the policies too, so the function widens the setting for its one question and
# puts the caller's back; an error takes it back together with the statement. Volatile, because
# the answer must be that of this moment, not that of the moment when the statement began.
IS_TAKEN = """
CREATE FUNCTION coverage_is_taken(person bigint, span tstzrange, but bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    scope text := coalesce(current_setting('kpi.clients', true), '');
    answer boolean;
BEGIN
    PERFORM set_config('kpi.clients', (SELECT '{' || coalesce(string_agg(id::text, ','), '') || '}'
                                         FROM clients_client), true);
    answer := EXISTS (
        SELECT FROM coverage_shiftcoverage
         WHERE employee_id = person AND during && span AND voided_at IS NULL
           AND id IS DISTINCT FROM but);
    PERFORM set_config('kpi.clients', scope, true);
    RETURN answer;
END $$;
REVOKE ALL ON FUNCTION coverage_is_taken(bigint, tstzrange, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION coverage_is_taken(bigint, tstzrange, bigint) TO kpi_app;
"""

# Once per statement, over all rows that it wrote. The lock makes whoever records a floater and
# whoever takes the assignment back at the same instant wait for each other.
IS_SENT = """
CREATE FUNCTION coverage_floater_is_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('sent:' || place, 0))
       FROM (SELECT DISTINCT written.client_id || ':' || written.employee_id || ':'
                    || written.shift_date AS place
               FROM written JOIN plant_employee person
                    ON person.id = written.employee_id AND person.client_id IS NULL
              WHERE written.voided_at IS NULL ORDER BY 1) AS places;
    IF FOUND AND EXISTS (
        SELECT FROM written JOIN plant_employee person
               ON person.id = written.employee_id AND person.client_id IS NULL
         WHERE written.voided_at IS NULL AND NOT EXISTS (
            SELECT FROM coverage_shiftcoverage sent
             WHERE sent.client_id = written.client_id
               AND sent.employee_id = written.employee_id
               AND sent.shift_date = written.shift_date
               AND sent.shift_id = written.shift_id AND sent.voided_at IS NULL)) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation',
            CONSTRAINT = 'coverage_floater_is_sent', TABLE = TG_TABLE_NAME,
            MESSAGE = 'This floater is not assigned to this shift.';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER coverage_floater_is_sent_insert AFTER INSERT ON attendance_attendancerecord
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION coverage_floater_is_sent();
CREATE TRIGGER coverage_floater_is_sent_update AFTER UPDATE ON attendance_attendancerecord
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION coverage_floater_is_sent();
"""

IS_RECORDED = """
CREATE FUNCTION coverage_floater_is_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('sent:' || place, 0))
       FROM (SELECT DISTINCT client_id || ':' || employee_id || ':' || shift_date AS place
               FROM before WHERE voided_at IS NULL ORDER BY 1) AS places;
    IF FOUND AND EXISTS (
        SELECT FROM before JOIN attendance_attendancerecord record
               ON record.client_id = before.client_id
              AND record.employee_id = before.employee_id
              AND record.shift_date = before.shift_date
              AND record.shift_id = before.shift_id AND record.voided_at IS NULL
         WHERE before.voided_at IS NULL AND NOT EXISTS (
            SELECT FROM coverage_shiftcoverage sent
             WHERE sent.client_id = before.client_id
               AND sent.employee_id = before.employee_id
               AND sent.shift_date = before.shift_date
               AND sent.shift_id = before.shift_id AND sent.voided_at IS NULL)) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation',
            CONSTRAINT = 'coverage_floater_is_recorded', TABLE = TG_TABLE_NAME,
            MESSAGE = 'A floater is recorded in this shift. Void the attendance first.';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER coverage_floater_is_recorded_update AFTER UPDATE ON coverage_shiftcoverage
    REFERENCING OLD TABLE AS before
    FOR EACH STATEMENT EXECUTE FUNCTION coverage_floater_is_recorded();
CREATE TRIGGER coverage_floater_is_recorded_delete AFTER DELETE ON coverage_shiftcoverage
    REFERENCING OLD TABLE AS before
    FOR EACH STATEMENT EXECUTE FUNCTION coverage_floater_is_recorded();
"""


class Migration(migrations.Migration):
    dependencies = [("coverage", "0001_initial"), ("attendance", "0001_initial")]

    operations = [
        migrations.RunSQL(IS_TAKEN, "DROP FUNCTION coverage_is_taken(bigint, tstzrange, bigint)"),
        migrations.RunSQL(
            IS_SENT,
            "DROP TRIGGER coverage_floater_is_sent_insert ON attendance_attendancerecord;"
            "DROP TRIGGER coverage_floater_is_sent_update ON attendance_attendancerecord;"
            "DROP FUNCTION coverage_floater_is_sent()",
        ),
        migrations.RunSQL(
            IS_RECORDED,
            "DROP TRIGGER coverage_floater_is_recorded_update ON coverage_shiftcoverage;"
            "DROP TRIGGER coverage_floater_is_recorded_delete ON coverage_shiftcoverage;"
            "DROP FUNCTION coverage_floater_is_recorded()",
        ),
    ]
