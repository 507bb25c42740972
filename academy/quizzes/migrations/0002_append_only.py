"""The database itself refuses to change a row of a log. Only what a deleted account or run leaves behind may become empty.

Rows go with the attempt they belong to, and with nothing else.
"""

from django.db import migrations

LOGS = ("quizzes_responseevent", "quizzes_gradeevent", "quizzes_receipt", "quizzes_challengeattempt", "quizzes_policyoverride")

FUNCTION = """
CREATE FUNCTION quiz_log_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was jsonb := to_jsonb(OLD) - '{actor_id,run_id}'::text[];
    becomes jsonb := to_jsonb(NEW) - '{actor_id,run_id}'::text[];
BEGIN
    IF was = becomes
       AND coalesce(to_jsonb(NEW)->>'actor_id', to_jsonb(OLD)->>'actor_id', '') = coalesce(to_jsonb(OLD)->>'actor_id', '')
       AND coalesce(to_jsonb(NEW)->>'run_id', to_jsonb(OLD)->>'run_id', '') = coalesce(to_jsonb(OLD)->>'run_id', '') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A row of % is never changed; add another.', TG_TABLE_NAME;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [("quizzes", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION quiz_log_is_kept()"),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER quiz_log_is_kept BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION quiz_log_is_kept()",
                f"DROP TRIGGER quiz_log_is_kept ON {table}",
            )
            for table in LOGS
        ),
    ]
