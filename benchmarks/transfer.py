"""Trained on classes of one kind, tested on those of another.

Usage::

    python benchmarks/transfer.py --data FOLDER [--estimators NAME ...]
                                  [--domains NAME ...] [--seed 0]

FOLDER holds ``clinc150_minilm.npz``, 150 user intents in ten domains of fifteen, such
as banking or travel. After the cross-data study of the RevCD paper, which trains on one
data set and tests on another: that needs features and descriptions of the same models,
which of the sets here only the domains of one set have.

A model is trained on the training rows of some intents, and tested on the test rows of
the 15 intents of a domain, among which alone it chooses. Chance is 1/15. The intents
that it was trained on are those of the domain itself, those of another domain, 15 that
are drawn from all other domains, or all 135 of them. Figures are means and deviations
of per-class accuracies over domains, or over pairs of them; ``--domains`` names those
to train on, by default all. The seen penalty plays no part, for a model chooses among
classes that all are seen or all are not. NearestDescriptionClassifier shows what is
known without training.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

import zsl_estimators
from zsl_estimators.exceptions import ZeroShotWarning
from zsl_estimators.metrics import per_class_accuracy_score

# Of the data set, with the names of its classes.
DOMAINS = {
    "banking": "transfer transactions balance freeze_account pay_bill bill_balance "
    "bill_due interest_rate routing min_payment order_checks pin_change report_fraud "
    "account_blocked spending_history",
    "credit cards": "credit_score report_lost_card credit_limit rewards_balance "
    "new_card application_status card_declined international_fees apr redeem_rewards "
    "credit_limit_change damaged_card replacement_card_duration improve_credit_score "
    "expiration_date",
    "dining": "recipe restaurant_reviews calories nutrition_info "
    "restaurant_suggestion ingredients_list ingredient_substitution cook_time "
    "food_last meal_suggestion restaurant_reservation confirm_reservation how_busy "
    "cancel_reservation accept_reservations",
    "home": "shopping_list shopping_list_update next_song play_music update_playlist "
    "todo_list todo_list_update calendar calendar_update what_song order order_status "
    "reminder reminder_update smart_home",
    "auto": "traffic directions gas gas_type distance current_location mpg "
    "oil_change_when oil_change_how jump_start uber schedule_maintenance "
    "last_maintenance tire_pressure tire_change",
    "travel": "book_flight book_hotel car_rental travel_suggestion travel_alert "
    "travel_notification carry_on timezone vaccines translate flight_status "
    "international_visa lost_luggage plug_type exchange_rate",
    "utility": "time alarm share_location find_phone weather text spelling make_call "
    "timer date calculator measurement_conversion flip_coin roll_dice definition",
    "work": "direct_deposit pto_request taxes payday w2 pto_balance "
    "pto_request_status next_holiday insurance insurance_change schedule_meeting "
    "pto_used meeting_schedule rollover_401k income",
    "small talk": "greeting goodbye tell_joke where_are_you_from how_old_are_you "
    "what_is_your_name who_made_you thank_you what_can_i_ask_you "
    "what_are_your_hobbies do_you_have_pets are_you_a_bot meaning_of_life "
    "who_do_you_work_for fun_fact",
    "meta": "change_ai_name change_user_name cancel user_name reset_settings "
    "whisper_mode repeat no yes maybe change_language change_accent change_volume "
    "change_speed sync_device",
}
DOMAINS = {name: intents.split() for name, intents in DOMAINS.items()}
SOURCES = ("its own domain", "another domain", "15 of all others", "all others")


class Rows:
    """Rows of the file, chosen by the names of their classes."""

    def __init__(self, path):
        with np.load(path) as file:
            self.X, self.is_test = file["X"], file["is_test"]
            self.y = file["classes"][file["y"]]
            self.table = pd.DataFrame(file["attributes"], file["classes"])

    def of(self, intents, *, test):
        """Features and labels of training or test rows."""
        rows = np.isin(self.y, intents) & (self.is_test == test)
        return self.X[rows], self.y[rows]


def others(domain):
    """The intents of all other domains."""
    return [i for name, of in DOMAINS.items() if name != domain for i in of]


def accuracy(clf, rows, domain):
    """Of a fitted model, among the intents of a domain."""
    X, y = rows.of(DOMAINS[domain], test=True)
    return per_class_accuracy_score(y, clf.predict(X, classes=DOMAINS[domain]))


def fitted(name, rows, intents, seed):
    """A model that gets the descriptions of other intents after its training only."""
    parameters = {"attributes": rows.table.loc[intents], "seen_penalty": 0.0}
    clf = getattr(zsl_estimators, name)(**parameters)
    if "random_state" in clf.get_params():
        clf.set_params(random_state=seed)
    clf.fit(*rows.of(intents, test=False))
    return clf.add_classes(rows.table.drop(intents))


def figures(name, rows, seed, sources):
    """Rows of the table: accuracy by source and domain."""
    rng = np.random.default_rng(seed)
    for source in tqdm(sources, desc=name):
        clf = fitted(name, rows, DOMAINS[source], seed)
        for domain in DOMAINS:
            kind = SOURCES[0] if domain == source else SOURCES[1]
            yield kind, domain, accuracy(clf, rows, domain)
        drawn = rng.choice(others(source), len(DOMAINS[source]), replace=False)
        for kind, intents in ((SOURCES[2], drawn), (SOURCES[3], others(source))):
            clf = fitted(name, rows, intents, seed)
            yield kind, source, accuracy(clf, rows, source)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of data sets")
    parser.add_argument(
        "--estimators",
        nargs="+",
        default=[
            "NearestDescriptionClassifier",
            "RidgeSemanticClassifier",
            "RevCDClassifier",
        ],
    )
    parser.add_argument("--domains", nargs="+", default=list(DOMAINS), choices=DOMAINS)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ZeroShotWarning)
    rows = Rows(arguments.data / "clinc150_minilm.npz")
    for name in arguments.estimators:
        accuracies = figures(name, rows, arguments.seed, arguments.domains)
        found = pd.DataFrame(accuracies, columns=["source", "domain", "T1"])
        summary = found.groupby("source")["T1"].agg(["mean", "std", "count"])
        print(f"{name}\n{summary.loc[list(SOURCES)].round(3)}\n", flush=True)


if __name__ == "__main__":
    main()
