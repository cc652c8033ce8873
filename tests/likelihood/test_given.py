import pytest

from zsl_estimators.likelihood import ErrorRule, NoiseDenoiseRule
from zsl_estimators.likelihood.rules._given import as_rule, given_rules, rule_name


def test_rules_have_the_names_they_were_given_by():
    rules = given_rules(["error", NoiseDenoiseRule(level=0.3)])
    assert list(rules) == ["error", "NoiseDenoiseRule(level=0.3)"]
    assert list(given_rules("error")) == [rule_name("error")]
    given = ErrorRule()
    assert as_rule(given) is given
    assert isinstance(as_rule("error"), ErrorRule)


@pytest.mark.parametrize(
    ("rule", "error", "message"),
    [
        ([], ValueError, "at least one rule"),
        (["error", "cross_attention"], ValueError, "cannot be compared with others"),
        ("errors", ValueError, "there is no rule 'errors'. Choose among error"),
        (3, TypeError, "a rule is a name or a DecisionRule, got 3"),
    ],
)
def test_what_is_no_set_of_rules_is_refused(rule, error, message):
    with pytest.raises(error, match=message):
        given_rules(rule)
