//! The key conditions of a Query, in both of their forms.

use serde_json::Value;

use super::{References, words};
use crate::api_error::ApiError;

/// What a Query asks of one attribute.
#[derive(Debug, PartialEq)]
pub(crate) struct Condition<'a> {
    pub(crate) attribute: &'a str,
    pub(crate) comparison: Comparison,
    /// Two for [`Comparison::Between`], else one.
    pub(crate) values: Vec<&'a Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Between,
    BeginsWith,
}

/// Reads `KeyConditionExpression`, or else `KeyConditions`.
pub(crate) fn conditions<'a>(
    request: &'a Value,
    references: &mut References<'a>,
) -> Result<Vec<Condition<'a>>, ApiError> {
    if let Some(expression) = request.get(FIELD) {
        let Some(expression) = expression.as_str() else {
            return Err(ApiError::validation(format!("{FIELD} must be a string")));
        };
        return Parser::new(expression, references).conditions();
    }
    let conditions = request.get("KeyConditions").and_then(Value::as_object);
    let Some(conditions) = conditions else {
        return Err(ApiError::validation(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
        ));
    };
    conditions
        .iter()
        .map(|(attribute, condition)| old_condition(attribute, condition))
        .collect()
}

fn old_condition<'a>(attribute: &'a str, condition: &'a Value) -> Result<Condition<'a>, ApiError> {
    let operator = condition.get("ComparisonOperator").and_then(Value::as_str);
    let operator = operator.unwrap_or_default();
    let comparison = match operator {
        "EQ" => Comparison::Equal,
        "LT" => Comparison::Less,
        "LE" => Comparison::LessOrEqual,
        "GT" => Comparison::Greater,
        "GE" => Comparison::GreaterOrEqual,
        "BETWEEN" => Comparison::Between,
        "BEGINS_WITH" => Comparison::BeginsWith,
        other => {
            return Err(ApiError::validation(format!(
                "Operator {other} not supported for sort key"
            )));
        }
    };
    let values = condition
        .get("AttributeValueList")
        .and_then(Value::as_array);
    let values: Vec<&Value> = values.into_iter().flatten().collect();
    let expected = if comparison == Comparison::Between {
        2
    } else {
        1
    };
    if values.len() != expected {
        return Err(ApiError::validation(format!(
            "{expected} arguments expected for a sort key restriction: {}",
            values.len()
        )));
    }
    Ok(Condition {
        attribute,
        comparison,
        values,
    })
}

/// Reads `a = :a AND b BETWEEN :b AND :c`, one condition after another.
struct Parser<'a, 'r> {
    words: Vec<&'a str>,
    next: usize,
    references: &'r mut References<'a>,
}

impl<'a, 'r> Parser<'a, 'r> {
    fn new(expression: &'a str, references: &'r mut References<'a>) -> Self {
        Self {
            words: words(expression).collect(),
            next: 0,
            references,
        }
    }

    fn conditions(mut self) -> Result<Vec<Condition<'a>>, ApiError> {
        let mut conditions = Vec::new();
        loop {
            conditions.push(self.group()?);
            match self.take() {
                None => break,
                Some(word) if word.eq_ignore_ascii_case("AND") => {}
                Some(word) if word.eq_ignore_ascii_case("OR") => {
                    return Err(ApiError::validation(format!("{FIELD} cannot use OR")));
                }
                Some(word) => return Err(self.unexpected(word)),
            }
        }
        if conditions.len() > 2 {
            return Err(ApiError::validation(format!(
                "{FIELD} syntax error: must have 1 or 2 conditions"
            )));
        }
        Ok(conditions)
    }

    /// A condition, with or without parentheses.
    fn group(&mut self) -> Result<Condition<'a>, ApiError> {
        let mut depth = 0;
        while self.take_if("(") {
            depth += 1;
        }
        let condition = self.condition()?;
        for _ in 0..depth {
            self.expect(")")?;
        }
        Ok(condition)
    }

    fn condition(&mut self) -> Result<Condition<'a>, ApiError> {
        let first = self.word()?;
        if first.eq_ignore_ascii_case("NOT") {
            return Err(ApiError::validation(format!("{FIELD} cannot use NOT")));
        }
        if self.take_if("(") {
            return self.function(first);
        }
        let operator = self.word()?;
        if operator.eq_ignore_ascii_case("BETWEEN") {
            let low = self.value()?;
            self.expect("AND")?;
            let high = self.value()?;
            return self.compare(first, Comparison::Between, vec![low, high]);
        }
        let comparison = self.comparison(operator)?;
        if first.starts_with(':') {
            let value = self.references.value(first, FIELD)?;
            let attribute = self.word()?;
            return self.compare(attribute, mirrored(comparison), vec![value]);
        }
        let value = self.value()?;
        self.compare(first, comparison, vec![value])
    }

    fn function(&mut self, name: &str) -> Result<Condition<'a>, ApiError> {
        if name != "begins_with" {
            return Err(ApiError::validation(format!(
                "{FIELD} function '{name}' not supported"
            )));
        }
        let attribute = self.word()?;
        self.expect(",")?;
        let prefix = self.value()?;
        self.expect(")")?;
        self.compare(attribute, Comparison::BeginsWith, vec![prefix])
    }

    fn comparison(&mut self, operator: &str) -> Result<Comparison, ApiError> {
        let or_equal = matches!(operator, "<" | ">") && self.take_if("=");
        match (operator, or_equal) {
            ("=", _) => Ok(Comparison::Equal),
            ("<", false) if self.take_if(">") => Err(ApiError::validation(format!(
                "{FIELD} does not support NE operator"
            ))),
            ("<", false) => Ok(Comparison::Less),
            ("<", true) => Ok(Comparison::LessOrEqual),
            (">", false) => Ok(Comparison::Greater),
            (">", true) => Ok(Comparison::GreaterOrEqual),
            (word, _) if word.eq_ignore_ascii_case("IN") => Err(ApiError::validation(format!(
                "{FIELD} does not support IN operator"
            ))),
            (word, _) => Err(self.unexpected(word)),
        }
    }

    fn compare(
        &mut self,
        word: &'a str,
        comparison: Comparison,
        values: Vec<&'a Value>,
    ) -> Result<Condition<'a>, ApiError> {
        if !word.starts_with(super::is_name) || word.starts_with(':') {
            return Err(self.unexpected(word));
        }
        Ok(Condition {
            attribute: self.references.name(word, FIELD)?,
            comparison,
            values,
        })
    }

    fn value(&mut self) -> Result<&'a Value, ApiError> {
        let word = self.word()?;
        if word.starts_with(':') {
            self.references.value(word, FIELD)
        } else {
            Err(ApiError::validation(format!(
                "{FIELD} must compare attribute with constant"
            )))
        }
    }

    fn word(&mut self) -> Result<&'a str, ApiError> {
        let end = || ApiError::validation(format!("Failed parsing {FIELD}: it ends too early"));
        self.take().ok_or_else(end)
    }

    fn expect(&mut self, expected: &str) -> Result<(), ApiError> {
        match self.word()? {
            word if word.eq_ignore_ascii_case(expected) => Ok(()),
            word => Err(self.unexpected(word)),
        }
    }

    fn take(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.next).copied();
        self.next += usize::from(word.is_some());
        word
    }

    fn take_if(&mut self, expected: &str) -> bool {
        let is_next = self.words.get(self.next) == Some(&expected);
        self.next += usize::from(is_next);
        is_next
    }

    fn unexpected(&self, word: &str) -> ApiError {
        ApiError::validation(format!("Failed parsing {FIELD}: unexpected '{word}'"))
    }
}

/// The comparison with its sides exchanged.
const fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        Comparison::Equal => Comparison::Equal,
        Comparison::Between => Comparison::Between,
        Comparison::BeginsWith => Comparison::BeginsWith,
    }
}

const FIELD: &str = "KeyConditionExpression";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(expression: &str) -> Result<Vec<(String, Comparison, Vec<Value>)>, String> {
        let request = json!({
            "KeyConditionExpression": expression,
            "ExpressionAttributeNames": {"#k": "key"},
            "ExpressionAttributeValues": {":a": 1, ":b": 2},
        });
        let conditions = conditions(&request, &mut References::new(&request));
        let conditions = conditions.map_err(|error| error.to_json())?;
        let owned = |condition: Condition<'_>| {
            let values = condition.values.into_iter().cloned().collect();
            (condition.attribute.to_owned(), condition.comparison, values)
        };
        Ok(conditions.into_iter().map(owned).collect())
    }

    #[test]
    fn all_comparisons_are_read() {
        for (text, comparison) in [
            ("=", Comparison::Equal),
            ("<", Comparison::Less),
            ("<=", Comparison::LessOrEqual),
            (">", Comparison::Greater),
            (">=", Comparison::GreaterOrEqual),
        ] {
            let expected = ("s".to_owned(), comparison, vec![json!(1)]);
            assert_eq!(read(&format!("s{text}:a")).unwrap(), vec![expected]);
            let mirror = read(&format!(":a {text} s")).unwrap();
            assert_eq!(mirror[0].1, mirrored(comparison), "{text}");
        }
        let both = read("(#k = :a) and ((s BETWEEN :a AND :b))").unwrap();
        assert_eq!(
            both[0],
            ("key".to_owned(), Comparison::Equal, vec![json!(1)])
        );
        assert_eq!(
            both[1],
            (
                "s".to_owned(),
                Comparison::Between,
                vec![json!(1), json!(2)]
            )
        );
        let prefix = read("begins_with(s, :b) AND #k = :a").unwrap();
        assert_eq!(prefix[0].1, Comparison::BeginsWith);
    }

    #[test]
    fn what_is_no_key_condition_is_refused() {
        for (expression, reason) in [
            ("", "ends too early"),
            ("a = :a OR b = :b", "cannot use OR"),
            ("NOT a = :a", "cannot use NOT"),
            ("a <> :a", "does not support NE"),
            ("a IN (:a)", "does not support IN"),
            ("size(a)", "function 'size' not supported"),
            ("a = b", "must compare attribute with constant"),
            ("a = :a AND b = :a AND c = :a", "must have 1 or 2"),
            ("(a = :a", "ends too early"),
            ("a = :a)", "unexpected ')'"),
            ("a = :c", "entry ':c' required"),
            ("#x = :a", "entry '#x' required"),
            ("a :a", "unexpected ':a'"),
            (":a = :b", "unexpected ':b'"),
        ] {
            let refusal = read(expression).unwrap_err();
            assert!(refusal.contains(reason), "{expression}: {refusal}");
        }
    }

    #[test]
    fn the_old_form_is_read_too() {
        let request = json!({"KeyConditions": {
            "a": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "x"}]},
        }});
        let read = conditions(&request, &mut References::new(&request)).unwrap();
        assert_eq!(
            (read[0].attribute, read[0].comparison),
            ("a", Comparison::Equal)
        );
        for condition in [
            json!({"ComparisonOperator": "NE", "AttributeValueList": [{"S": "x"}]}),
            json!({"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"S": "x"}]}),
        ] {
            let request = json!({"KeyConditions": {"a": condition}});
            assert!(conditions(&request, &mut References::new(&request)).is_err());
        }
        assert!(conditions(&json!({}), &mut References::new(&json!({}))).is_err());
    }

    #[test]
    fn names_and_values_must_be_used() {
        let request = json!({
            "KeyConditionExpression": "#k = :a",
            "ExpressionAttributeNames": {"#k": "key", "#l": "x"},
            "ExpressionAttributeValues": {":a": 1},
        });
        let mut references = References::new(&request);
        conditions(&request, &mut references).unwrap();
        let refusal = references.check_all_used("Query").unwrap_err().to_json();
        assert!(refusal.contains("ExpressionAttributeNames has spurious '#l', not used in Query"));
    }
}
