"""What a study keeps besides trainings: what its searches were told, and what they expect."""

from luthier.records import Belief, EpochCost, Forecast, Options, Prospect


def test_a_continued_study_gives_back_what_its_searches_were_told_beforehand(opened_anywhere):
    study = opened_anywhere()
    assert study.beliefs is None
    rule = Belief(
        "lr", 0.1, 3.0, "measured", given={"optimizer": "SGD"}, follows={"batch_size": 0.5}, at={"batch_size": 64}
    )
    cost = EpochCost((16, 32), (0.1, 0.15), 1000, 0.5)
    study.add_beliefs([rule, Belief("batch_size", 32, 2.0, "measured", high=512)], cost)
    study.add_sources({"lr": "a book"})
    study.add_sources({"lr": "another book"})
    study.add_options(Options(threads=2))
    study.close()
    again = opened_anywhere()
    assert again.beliefs == (rule, Belief("batch_size", 32, 2.0, "measured", high=512))
    assert again.epoch_cost == cost
    assert again.sources == {"lr": "a book"}, "what is recorded stays"
    assert again.options == {"precision": "float32", "compile": False, "threads": 2}
    again.add_options(Options(threads=2))
    assert again.options["threads"] == 2
    again.add_options(Options(threads=1))
    again.add_options(Options(threads=1))
    again.add_options(Options(threads=1, precision="bfloat16"))
    again.close()
    assert opened_anywhere().options == {"precision": None, "compile": False, "threads": None}, "not always the same"


def test_what_going_on_is_expected_to_bring_comes_back_until_it_is_taken_back(opened_anywhere):
    said = Prospect("seconds", 37.5, True, Forecast(0.01, 0.0, 0.02), 0.05, 7, 14.0, 0.003)
    study = opened_anywhere()
    assert study.prospect is None
    study.add_prospect(Prospect("epochs", 20.0, False, Forecast(0.01, 0.0, 0.02)))
    study.add_prospect(said)
    study.close()
    again = opened_anywhere()
    assert again.prospect == said
    again.add_prospect(None)
    again.close()
    assert opened_anywhere().prospect is None
