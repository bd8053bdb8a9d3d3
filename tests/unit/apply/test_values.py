"""Matrices as they are typed: what they mean, and what is said of those that mean nothing."""

import io
import sys
import zlib
from pathlib import Path
from types import SimpleNamespace

import pytest

from cnninspect.apply.files import read_values
from cnninspect.apply.given import parse_given
from cnninspect.apply.values import parse_filters, parse_maps, parse_row
from cnninspect.errors import RequestError

COUNTED = ((1.0, 2.0, 3.0, 4.0), (5.0, 6.0, 7.0, 8.0), (9.0, 10.0, 11.0, 12.0), (13.0, 14.0, 15.0, 16.0))


@pytest.mark.parametrize(
    ("text", "maps"),
    [
        ("1 2; 3 4", (((1, 2), (3, 4)),)),
        ("1,2;3,4", (((1, 2), (3, 4)),)),
        ("1 2\n3 4", (((1, 2), (3, 4)),)),
        ("1 2;\n3 4", (((1, 2), (3, 4)),)),
        ("1 2 | 3 4", (((1, 2),), ((3, 4),))),
        ("1; 2 | 3; 4", (((1,), (2,)), ((3,), (4,)))),
        ("-1 +2.5 1e-3 .5", (((-1, 2.5, 0.001, 0.5),),)),
        ("1/4", (((0.25,),),)),
        ("7", (((7,),),)),
        ("1:16", (COUNTED,)),
        (" 1 : 4 ", (((1, 2), (3, 4)),)),
        ("-2:1", (((-2, -1), (0, 1)),)),
        ("1:6:2x3", (((1, 2, 3), (4, 5, 6)),)),
        ("1:4:2x1x2", (((1, 2),), ((3, 4),))),
    ],
)
def test_matrix(text: str, maps: object) -> None:
    assert parse_maps(text) == maps


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a row without numbers"),
        ("1 2;", "a row without numbers"),
        ("1 |", "a row without numbers"),
        ("1 2; 3", "row 2 has 1 number, the first has 2"),
        ("1 2 | 3 4; 5", "row 2 of channel 2 has 1 number"),
        ("1 2 | 3", "channel 2 is 1×1, the first is 1×2"),
        ("1 two", "'two' is not a number"),
        ("1,,2", "'' is not a number"),
        ("1_0", "'1_0' is not a number"),
        ("١", "'١' is not a number"),
        ("1/0", "'1/0' is not a number"),
        ("0x10", "'0x10' is not a number"),
        ("nan", "'nan' is not a finite number"),
        ("1 -inf", "'-inf' is not a finite number"),
        ("1e999", "'1e999' is not a finite number"),
        ("1:12", "12 numbers, which make no square"),
        ("4:1", "ends before it begins"),
        ("1:6:2x2", "2x2 takes 4 numbers, and these are 6"),
        ("1:6:6", "'6' is not a shape"),
        ("1:6:0x6", "'0x6' is not a shape"),
        ("1:99999999", "at most 65,536"),
    ],
)
def test_what_is_no_matrix(text: str, says: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_maps(text)
    assert says in caught.value.message
    assert repr(text) in caught.value.message
    assert caught.value.hint


def test_a_shape_is_suggested_for_numbers_that_make_no_square() -> None:
    with pytest.raises(RequestError) as caught:
        parse_maps("1:12")
    assert "1:12:3x4" in str(caught.value.hint)


def test_long_words_are_cut_in_a_message() -> None:
    with pytest.raises(RequestError) as caught:
        parse_maps("1 " * 500 + "x")
    assert len(caught.value.message) < 120


def test_filters() -> None:
    assert parse_filters("1 2 | 3 4 || 5 6 | 7 8", "--weight") == ((((1, 2),), ((3, 4),)), (((5, 6),), ((7, 8),)))
    assert parse_filters("1:9", "--weight") == ((((1, 2, 3, 4, 5, 6, 7, 8, 9),),),)
    with pytest.raises(RequestError, match="filter 2 is 1×1, the first is 1×2"):
        parse_filters("1 2 || 3", "--weight")


def test_row() -> None:
    assert parse_row("1, -2", "--bias") == (1, -2)
    assert parse_row("1:3", "--bias") == (1, 2, 3)


class TestGiven:
    TYPES = ("Conv2d", "ReLU", "Conv2d", "Linear")

    def test_in_order_by_index_and_by_type(self) -> None:
        given = parse_given(["1 2", "2=3 4", "Linear=5"], "--weight", self.TYPES)
        assert [each.layer for each in given] == [None, 2, 3]
        assert [each.filters for each in given] == [((((1, 2),),),), ((((3, 4),),),), ((((5,),),),)]

    @pytest.mark.parametrize(
        ("texts", "says"),
        [
            (["4=1"], "there is no layer 4"),
            (["Conv2d=1"], "2 layers are of type Conv2d"),
            (["Linera=1"], "unknown layer 'Linera'"),
            (["0=1", "0=2"], "layer 0 has been given one already"),
            (["0="], "a row without numbers"),
        ],
    )
    def test_what_is_for_no_layer(self, texts: list[str], says: str) -> None:
        with pytest.raises(RequestError, match=says):
            parse_given(texts, "--weight", self.TYPES)


class TestFiles:
    @pytest.mark.parametrize(
        ("name", "text", "maps"),
        [
            ("a.csv", "1,2\n3,4\n", (((1, 2), (3, 4)),)),
            ("a.csv", "\ufeff1;2\r\n3;4\r\n", (((1, 2), (3, 4)),)),
            ("a.tsv", "1\t2\n3\t4", (((1, 2), (3, 4)),)),
            ("a.dat", "1 2\n\n\n3 4\n", (((1, 2),), ((3, 4),))),
        ],
    )
    def test_rows(self, tmp_path: Path, name: str, text: str, maps: object) -> None:
        (tmp_path / name).write_bytes(text.encode())
        assert read_values(f"@{tmp_path / name}") == maps
        assert name.endswith(".dat") or read_values(str(tmp_path / name)) == maps

    def test_standard_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"1 2\n3 4\n")))
        assert read_values("@-") == (((1, 2), (3, 4)),)

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"1,2\n3,x\n", "line 2 of 'a.csv': 'x' is not a number"),
            (b"1,2\n3\n", "'a.csv': row 2 has 1 number, the first has 2"),
            (b"1,\n", "line 1 of 'a.csv': '' is not a number"),
            (b"1,nan\n", "not a finite number"),
            (b"", "'a.csv' has no numbers in it"),
            (b"\n \n", "'a.csv' has no numbers in it"),
            (b"\xff\xfe\x00", "'a.csv' is not text"),
        ],
    )
    def test_rows_that_are_none(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, says: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("a.csv").write_bytes(content)
        with pytest.raises(RequestError) as caught:
            read_values("@a.csv")
        assert says in caught.value.message

    @pytest.mark.parametrize("name", ["@none.csv", "none.csv", "none.png", "@none.jpg:2x2", "@"])
    def test_no_such_file(self, name: str) -> None:
        with pytest.raises(RequestError, match="can't read"):
            read_values(name)

    def test_image(self, tmp_path: Path) -> None:
        """A grey image has one channel, any other three; alpha is left out."""
        from PIL import Image

        grey = Image.new("L", (2, 1))
        grey.putpixel((1, 0), 255)
        grey.save(tmp_path / "grey.png")
        assert read_values(f"@{tmp_path / 'grey.png'}") == (((0, 255),),)
        Image.new("RGBA", (2, 3), (10, 20, 30, 128)).save(tmp_path / "Colour.PNG")
        coloured: object = (((10, 10),) * 3, ((20, 20),) * 3, ((30, 30),) * 3)
        assert read_values(str(tmp_path / "Colour.PNG")) == coloured
        Image.new("L", (400, 300), 7).save(tmp_path / "large.png")
        assert read_values(f"{tmp_path / 'large.png'}:2x3") == (((7, 7, 7), (7, 7, 7)),)
        with pytest.raises(RequestError, match="too many windows") as caught:
            read_values(str(tmp_path / "large.png"))
        assert "large.png:32x32" in str(caught.value.hint)

    def test_image_that_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").write_bytes(b"not a picture")
        with pytest.raises(RequestError, match="is not an image"):
            read_values(str(tmp_path / "a.png"))

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            ("x", "'x' is no size"), ("16y16", "'16y16' is no size"), ("", "'' is no size"),
            ("0x4", "'0x4' is no size"),
            ("3x2x2", "'3x2x2' is no size"), ("2x2:red", "'red' is no size, nor gray"), ("gray:grey", "'grey' stands"),
            ("2x2:3x3", "'3x3' stands there twice"), ("500x500:gray", "250,000 numbers, at most 65,536"),
        ],
    )  # fmt: skip
    def test_words_behind_an_image_that_say_nothing(self, tmp_path: Path, words: str, says: str) -> None:
        from PIL import Image

        Image.new("L", (2, 2)).save(tmp_path / "a.png")
        with pytest.raises(RequestError) as caught:
            read_values(f"{tmp_path / 'a.png'}:{words}")
        assert says in caught.value.message

    @pytest.mark.parametrize("words", ["1x2:gray", "GREY:1x2"])
    def test_image_in_grey(self, tmp_path: Path, words: str) -> None:
        """0.299·200 + 0.587·100 + 0.114·50 = 124.2 (ITU-R BT.601)."""
        from PIL import Image

        Image.new("RGB", (6, 6), (200, 100, 50)).save(tmp_path / "a.png")
        assert read_values(f"{tmp_path / 'a.png'}:{words}") == (((124, 124),),)
        assert read_values(f"{tmp_path / 'a.png'}:gray") == (((124,) * 6,) * 6,)

    def test_image_of_16_bits(self, tmp_path: Path) -> None:
        """65,535/256 and 32,768/256, without what is behind the point."""
        from PIL import Image

        deep = Image.new("I;16", (2, 1))
        deep.putpixel((0, 0), 65535)
        deep.putpixel((1, 0), 32768)
        deep.save(tmp_path / "a.png")
        assert read_values(str(tmp_path / "a.png")) == (((255, 128),),)

    def test_photo_stands_upright(self, tmp_path: Path) -> None:
        """Orientation 6 in its EXIF data: the camera was held on its side, and the first row is the last column."""
        from PIL import Image

        photo, exif = Image.new("L", (2, 1)), Image.Exif()
        photo.putpixel((0, 0), 255)
        exif[0x0112] = 6
        photo.save(tmp_path / "a.png", exif=exif)
        assert read_values(str(tmp_path / "a.png")) == (((255,), (0,)),)

    def test_image_that_is_cut_short(self, tmp_path: Path) -> None:
        from PIL import Image

        Image.effect_noise((64, 64), 50).save(tmp_path / "a.png")
        whole = (tmp_path / "a.png").read_bytes()
        (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(RequestError, match="can't read"):
            read_values(str(tmp_path / "a.png"))

    def test_image_that_is_large_is_not_unpacked(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is refused by the sides that it says: 30,000×30,000 pixels in a few bytes would be 900 MB."""
        from PIL import Image

        Image.new("1", (2, 2)).save(tmp_path / "a.png")
        content = bytearray((tmp_path / "a.png").read_bytes())
        content[16:24] = (30_000).to_bytes(4, "big") * 2
        content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
        (tmp_path / "a.png").write_bytes(content)
        monkeypatch.setattr(Image.Image, "convert", lambda *_: pytest.fail("it was unpacked"))
        for name in ("a.png", "a.png:4x4"):
            with pytest.raises(RequestError, match=r"is not an image|too many"):
                read_values(str(tmp_path / name))

    def test_image_of_another_kind(self, tmp_path: Path) -> None:
        """PostScript is a program, which Pillow would have run."""
        (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 2 2\n%%EndComments\n")
        with pytest.raises(RequestError, match="is not an image"):
            read_values(str(tmp_path / "a.png"))

    @pytest.mark.parametrize("content", [b"1\n" * 70_000, b"1," * 70_000 + b"1", b"1 " * 10**6])
    def test_more_numbers_than_are_taken(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "a.csv").write_bytes(content)
        with pytest.raises(RequestError, match="at most 65,536 are taken"):
            read_values(str(tmp_path / "a.csv"))

    def test_standard_input_that_does_not_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        endless = SimpleNamespace(buffer=SimpleNamespace(read=lambda count: b"1" * count))
        monkeypatch.setattr("sys.stdin", endless)
        with pytest.raises(RequestError, match="larger than 50 MiB"):
            read_values("@-")

    @pytest.mark.parametrize("name", ["@a.csv", "a.png"])
    def test_folder_in_place_of_a_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        monkeypatch.chdir(tmp_path)
        Path(name.removeprefix("@")).mkdir()
        with pytest.raises(RequestError, match="Is a directory"):
            read_values(name)
