from html.parser import HTMLParser

from stylecli.demo.page import Story, write_page


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []
        self.texts = []

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data):
        self.texts.append(data)


def page_of(tmp_path, picture, **changes):
    names = ("a photo.png", "result.png", "painting-one.png", "loss.png")
    for name in names:
        picture().save(tmp_path / name)
    photo, result, painting, curve = (tmp_path / name for name in names)
    story = Story(
        commands=changes.get("commands", ["stylecli train paintings"]),
        style_pictures=[painting],
        results=[[(photo, "photo"), (result, "strength <0.5>")]],
        loss_curve=changes.get("loss_curve", curve),
        facts=["done in 5 s"],
    )
    write_page(tmp_path / "index.html", story)
    links = Links()
    links.feed((tmp_path / "index.html").read_text(encoding="utf-8"))
    return links


def test_the_page_shows_every_picture_and_loads_nothing_from_elsewhere(tmp_path, picture):
    links = page_of(tmp_path, picture)
    assert sorted(links.found) == ["a%20photo.png", "loss.png", "painting-one.png", "result.png"]


def test_the_page_tells_commands_and_captions_as_they_are(tmp_path, picture):
    links = page_of(tmp_path, picture, commands=["stylecli train 'a & b' --prefix <x>"])
    assert "stylecli train 'a & b' --prefix <x>" in links.texts
    assert "strength <0.5>" in links.texts


def test_without_a_loss_curve_the_page_has_none(tmp_path, picture):
    assert "loss.png" not in page_of(tmp_path, picture, loss_curve=None).found
