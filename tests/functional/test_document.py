"""What a reader of a document is taken to do."""

import pytest

from tests.functional.document import Deed, deeds, marks

DOCUMENT = """\
<!-- install -->
```sh
pip install it
```

Then:

```sh
one 'a  # exit 1'
two \\
  three  # exit 3
```

```text
shown
```

```python
# net.py
x = 1
```

```python
x = 2  # net.py
```

```console
four
```
"""


def test_a_reader_goes_from_the_top() -> None:
    assert marks(DOCUMENT) == ["install"]
    assert deeds(DOCUMENT) == [
        Deed(8, "sh", "one 'a  # exit 1'"),
        Deed(8, "sh", "two   three", 3, "shown\n"),
        Deed(18, "net.py", "# net.py\nx = 1\n"),
        Deed(23, "python", "x = 2  # net.py\n"),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("```text\nx\n```\n", "line 1: nothing stands above it"),
        ("```sh\none\n```\n\nAnd so\n\n```text\nx\n```\n", "line 7: nothing stands above it"),
        ("```bash\none\n```\n", "line 1: what is a reader to do with bash?"),
    ],
)
def test_what_is_shown_of_nothing_is_a_mistake(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        deeds(text)
