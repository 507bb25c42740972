"""The database itself refuses to change or delete a row of the gradebook's log. Only a deleted account's name may leave it."""

from django.db import migrations

MAKE = """
CREATE TRIGGER quiz_log_is_kept BEFORE UPDATE ON gradebook_gradebookevent FOR EACH ROW EXECUTE FUNCTION quiz_log_is_kept();
CREATE FUNCTION gradebook_log_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A row of the gradebook is never deleted.';
END $$;
CREATE TRIGGER gradebook_log_is_kept BEFORE DELETE ON gradebook_gradebookevent FOR EACH ROW EXECUTE FUNCTION gradebook_log_is_kept();
"""
UNMAKE = """
DROP TRIGGER gradebook_log_is_kept ON gradebook_gradebookevent;
DROP FUNCTION gradebook_log_is_kept();
DROP TRIGGER quiz_log_is_kept ON gradebook_gradebookevent;
"""


class Migration(migrations.Migration):

    dependencies = [("gradebook", "0001_initial"), ("quizzes", "0002_append_only")]

    operations = [migrations.RunSQL(MAKE, UNMAKE)]
