"""A lab's own words on its page, and the one file of Plotly that is served."""

import pytest
from django.contrib.staticfiles import finders

from academy.accounts.models import User
from academy.static import PackageFinder
from labs import runs
from labs.brief import brief_html


def test_a_brief_is_rendered_and_nothing_in_it_can_act():
    html = brief_html("# No\n\nA **shard**, *moves*.\n\n- one\n\n<script>alert(1)</script> [x](javascript:alert(1)) [y](https://a.test)")
    assert "<strong>shard</strong>" in html
    assert "<li>one</li>" in html
    assert 'href="https://a.test"' in html
    assert not any(bad in html for bad in ("<script", 'href="javascript', "<h1"))


@pytest.mark.django_db
def test_the_page_of_a_lab_has_its_brief_its_challenges_and_its_switches(client):
    page = client.get("/labs/sharding/").content.decode()
    assert "<strong>shard</strong>" in page
    for section in ("brief", "challenges", "switches"):
        assert f'id="{section}"' in page


@pytest.mark.django_db
def test_a_lab_goes_on_where_one_was_and_begins_anew_where_a_scenario_is_asked_for(client):
    alice = User.objects.create_user("alice")
    run = runs.create(alice, "raft", "leader-crash", place="lab:raft")
    client.force_login(alice)
    left = client.get("/labs/raft/").content.decode()
    assert f'data-run="{run.pk}"' in left
    assert 'data-scenario="leader-crash"' in left
    for scenario in ("steady", "leader-crash"):
        asked = client.get(f"/labs/raft/?scenario={scenario}").content.decode()
        assert 'data-run=""' in asked
        assert f'data-scenario="{scenario}"' in asked
        assert 'data-part="poster"' in asked


def test_browser_libraries_come_from_their_packages_and_nothing_else_of_them_is_served():
    assert finders.find("plotly/plotly.min.js").endswith("plotly/package_data/plotly.min.js")
    assert finders.find("plotly/widgetbundle.js") is None
    assert finders.find("plotly/../plotly/plotly.min.js") is None
    served = [(storage.prefix, name) for name, storage in PackageFinder().list([])]
    assert served == [("plotly", "plotly.min.js"), ("django_ace", "ace.js"), ("django_ace", "ext-searchbox.js")]
