"""The tour's runner itself, on small pages: that it can fail, and that it can be refreshed."""
import importlib.machinery
import importlib.util
import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.realpath(__file__))
LOADER = importlib.machinery.SourceFileLoader("tour", os.path.join(HERE, "tour"))
SPEC = importlib.util.spec_from_loader("tour", LOADER)
tour = importlib.util.module_from_spec(SPEC)
LOADER.exec_module(tour)


class TourTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.page = os.path.join(self.folder.name, "page.md")

    def tearDown(self):
        self.folder.cleanup()

    def run_page(self, text, refresh=False):
        with open(self.page, "w", encoding="utf-8") as f:
            f.write(text)
        return tour.run_page(self.page, "", refresh, every_command=False)

    def text(self):
        with open(self.page, encoding="utf-8") as f:
            return f.read()

    def test_a_page_that_is_right_passes(self):
        self.assertEqual(self.run_page("# A\n\n```console\n$ echo a; echo b\na\nb\n$ true\n```\n"), [])

    def test_another_output_is_a_difference_with_its_line(self):
        wrong = self.run_page("text\n```console\n$ echo good\nbad\n```\n")
        self.assertEqual(wrong, ["docs/tour.md:3: $ echo good\n  - bad\n  + good"])

    def test_output_that_is_not_shown_and_output_that_is_missing_are_differences(self):
        self.assertEqual(len(self.run_page("```console\n$ echo a\n```\n")), 1)
        self.assertEqual(len(self.run_page("```console\n$ true\na\n```\n")), 1)

    def test_standard_error_counts(self):
        self.assertEqual(self.run_page("```console\n$ echo a >&2\na\n```\n"), [])

    def test_what_differs_by_nature_is_masked(self):
        self.assertEqual(self.run_page(
            "```console\n$ printf 'NAME  AGE\\nweb    12s   2026-01-02T03:04:05.678Z'\nNAME  AGE\nweb   4m   2025-01-01T00:00:00Z\n```\n"),
            [])
        self.assertEqual(len(self.run_page("```console\n$ printf 'NAME AGE\\nweb 12s'\nNAME AGE\nwob 4m\n```\n")), 1)

    def test_a_duration_that_is_no_age_counts(self):
        self.assertEqual(len(self.run_page("```console\n$ echo 'FIELD timeout 12s'\nFIELD timeout 13s\n```\n")), 1)

    def test_files_are_written_and_commands_continue(self):
        self.assertEqual(self.run_page("```yaml a.yaml\nx: 1\n```\n```console\n$ cat a.yaml \\\n>   a.yaml\nx: 1\nx: 1\n```\n"), [])

    def test_a_refresh_writes_what_is_printed_and_leaves_the_rest(self):
        page = "before\n```console\n$ echo a\nwrong\n$ echo b\nb\n```\nafter\n"
        self.assertEqual(self.run_page(page, refresh=True), [])
        self.assertEqual(self.text(), page.replace("wrong", "a"))

    def test_a_block_without_an_end_is_named(self):
        with self.assertRaises(tour.Wrong):
            self.run_page("```console\n$ true\n")


if __name__ == "__main__":
    unittest.main()
