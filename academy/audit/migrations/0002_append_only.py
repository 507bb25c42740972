"""The database itself refuses to change or delete an entry. (Emptying the table whole, as a restore does, is a right of its owner.)"""

from django.db import migrations

MAKE = """
CREATE FUNCTION audit_entry_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'An entry of the audit trail is never changed or deleted.';
END $$;
CREATE TRIGGER audit_entry_is_kept BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_entry_is_kept();
"""
UNMAKE = "DROP TRIGGER audit_entry_is_kept ON audit_entry; DROP FUNCTION audit_entry_is_kept();"


class Migration(migrations.Migration):

    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunSQL(MAKE, UNMAKE)]
