"""Files for Azure (data/azure) through `tenfold up`."""
import unittest

from service import PUPPET, SOURCE, Service

FILES = sorted(path for path in (SOURCE / "data/azure").iterdir() if path.suffix in (".yaml", ".json"))


class AzureFile(unittest.TestCase):
    def test_each_runs_at_the_first_try_and_says_in_one_line_at_most_what_is_not_done(self):
        self.assertGreaterEqual(len(FILES), 20)
        for path in FILES:
            with self.subTest(path.name), Service(PUPPET, file=path, replays=False, max_replicas=2,
                                                  concurrency=None) as service:
                self.assertEqual(service.post("/echo", b"hello").status, 200)
                self.assertLessEqual(service.output().count("otherwise than on Azure"), 1)

    def test_a_secret_comes_from_a_flag_the_file_or_the_environment(self):
        path = SOURCE / "data/azure/secrets.yaml"
        with Service(PUPPET, "--secret", "api-key=flagged", file=path) as service:
            said = service.post("/environment").json()
            self.assertEqual([said["API_KEY"], said["DB_PASSWORD"]], ["flagged", "s3cret with spaces"])
            self.assertNotIn("API_KEY is not set", service.output())
        with Service(PUPPET, file=path, env={"API_KEY": "inherited"}) as service:
            self.assertEqual(service.post("/environment").json()["API_KEY"], "inherited")
            self.assertNotIn("API_KEY is not set", service.output())
        with Service(PUPPET, file=path) as service:
            self.assertNotIn("API_KEY", service.post("/environment").json())
            self.assertIn("API_KEY is not set: the secret 'api-key' has no value", service.output())


if __name__ == "__main__":
    unittest.main()
