//! Parser of the key conditions of a Query: `KeyConditionExpression`, and the legacy `KeyConditions`.

use serde_json::Value;

use super::{References, is_name_char, lexemes};
use crate::api_error::ApiError;

/// The condition of a Query on one key attribute.
#[derive(Debug, PartialEq)]
pub(crate) struct KeyCondition<'a> {
    pub(crate) attribute: &'a str,
    pub(crate) comparison: Comparison,
    /// The operands: two for [`Comparison::Between`], otherwise one.
    pub(crate) values: Vec<&'a Value>,
}

/// The comparison of a key attribute with the operands of a condition.
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

/// Parses the key conditions of a request, from `KeyConditionExpression` if present, otherwise from `KeyConditions`.
pub(crate) fn key_conditions<'a>(
    request: &'a Value,
    references: &mut References<'a>,
) -> Result<Vec<KeyCondition<'a>>, ApiError> {
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
        .map(|(attribute, condition)| legacy_condition(attribute, condition))
        .collect()
}

/// Parses one entry of the legacy `KeyConditions`.
fn legacy_condition<'a>(
    attribute: &'a str,
    condition: &'a Value,
) -> Result<KeyCondition<'a>, ApiError> {
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
    Ok(KeyCondition {
        attribute,
        comparison,
        values,
    })
}

/// A parser of `KeyConditionExpression`, such as `a = :a AND b BETWEEN :b AND :c`.
struct Parser<'a, 'r> {
    lexemes: Vec<&'a str>,
    next: usize,
    references: &'r mut References<'a>,
}

impl<'a, 'r> Parser<'a, 'r> {
    fn new(expression: &'a str, references: &'r mut References<'a>) -> Self {
        Self {
            lexemes: lexemes(expression).collect(),
            next: 0,
            references,
        }
    }

    fn conditions(mut self) -> Result<Vec<KeyCondition<'a>>, ApiError> {
        let mut conditions = Vec::new();
        loop {
            conditions.push(self.parenthesized_condition()?);
            match self.take() {
                None => break,
                Some(lexeme) if lexeme.eq_ignore_ascii_case("AND") => {}
                Some(lexeme) if lexeme.eq_ignore_ascii_case("OR") => {
                    return Err(ApiError::validation(format!("{FIELD} cannot use OR")));
                }
                Some(lexeme) => return Err(self.unexpected(lexeme)),
            }
        }
        if conditions.len() > 2 {
            return Err(ApiError::validation(format!(
                "{FIELD} syntax error: must have 1 or 2 conditions"
            )));
        }
        Ok(conditions)
    }

    /// Parses a condition, with or without parentheses.
    fn parenthesized_condition(&mut self) -> Result<KeyCondition<'a>, ApiError> {
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

    fn condition(&mut self) -> Result<KeyCondition<'a>, ApiError> {
        let first = self.lexeme()?;
        if first.eq_ignore_ascii_case("NOT") {
            return Err(ApiError::validation(format!("{FIELD} cannot use NOT")));
        }
        if self.take_if("(") {
            return self.function(first);
        }
        let operator = self.lexeme()?;
        if operator.eq_ignore_ascii_case("BETWEEN") {
            let low = self.value()?;
            self.expect("AND")?;
            let high = self.value()?;
            return self.attribute_condition(first, Comparison::Between, vec![low, high]);
        }
        let comparison = self.comparison(operator)?;
        if first.starts_with(':') {
            let value = self.references.value(first, FIELD)?;
            let attribute = self.lexeme()?;
            return self.attribute_condition(attribute, swapped(comparison), vec![value]);
        }
        let value = self.value()?;
        self.attribute_condition(first, comparison, vec![value])
    }

    fn function(&mut self, name: &str) -> Result<KeyCondition<'a>, ApiError> {
        if name != "begins_with" {
            return Err(ApiError::validation(format!(
                "{FIELD} function '{name}' not supported"
            )));
        }
        let attribute = self.lexeme()?;
        self.expect(",")?;
        let prefix = self.value()?;
        self.expect(")")?;
        self.attribute_condition(attribute, Comparison::BeginsWith, vec![prefix])
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
            (lexeme, _) if lexeme.eq_ignore_ascii_case("IN") => Err(ApiError::validation(format!(
                "{FIELD} does not support IN operator"
            ))),
            (lexeme, _) => Err(self.unexpected(lexeme)),
        }
    }

    fn attribute_condition(
        &mut self,
        lexeme: &'a str,
        comparison: Comparison,
        values: Vec<&'a Value>,
    ) -> Result<KeyCondition<'a>, ApiError> {
        if !lexeme.starts_with(is_name_char) || lexeme.starts_with(':') {
            return Err(self.unexpected(lexeme));
        }
        Ok(KeyCondition {
            attribute: self.references.name(lexeme, FIELD)?,
            comparison,
            values,
        })
    }

    fn value(&mut self) -> Result<&'a Value, ApiError> {
        let lexeme = self.lexeme()?;
        if lexeme.starts_with(':') {
            self.references.value(lexeme, FIELD)
        } else {
            Err(ApiError::validation(format!(
                "{FIELD} must compare attribute with constant"
            )))
        }
    }

    fn lexeme(&mut self) -> Result<&'a str, ApiError> {
        let end = || ApiError::validation(format!("Failed parsing {FIELD}: it ends too early"));
        self.take().ok_or_else(end)
    }

    fn expect(&mut self, expected: &str) -> Result<(), ApiError> {
        match self.lexeme()? {
            lexeme if lexeme.eq_ignore_ascii_case(expected) => Ok(()),
            lexeme => Err(self.unexpected(lexeme)),
        }
    }

    fn take(&mut self) -> Option<&'a str> {
        let lexeme = self.lexemes.get(self.next).copied();
        self.next += usize::from(lexeme.is_some());
        lexeme
    }

    fn take_if(&mut self, expected: &str) -> bool {
        let is_next = self.lexemes.get(self.next) == Some(&expected);
        self.next += usize::from(is_next);
        is_next
    }

    fn unexpected(&self, lexeme: &str) -> ApiError {
        ApiError::validation(format!("Failed parsing {FIELD}: unexpected '{lexeme}'"))
    }
}

/// Returns the equivalent comparison with its operands swapped.
const fn swapped(comparison: Comparison) -> Comparison {
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

    fn parse(expression: &str) -> Result<Vec<(String, Comparison, Vec<Value>)>, String> {
        let request = json!({
            "KeyConditionExpression": expression,
            "ExpressionAttributeNames": {"#k": "key"},
            "ExpressionAttributeValues": {":a": 1, ":b": 2},
        });
        let conditions = key_conditions(&request, &mut References::new(&request));
        let conditions = conditions.map_err(|error| error.to_json())?;
        let owned = |condition: KeyCondition<'_>| {
            let values = condition.values.into_iter().cloned().collect();
            (condition.attribute.to_owned(), condition.comparison, values)
        };
        Ok(conditions.into_iter().map(owned).collect())
    }

    #[test]
    fn all_comparisons_are_parsed() {
        for (text, comparison) in [
            ("=", Comparison::Equal),
            ("<", Comparison::Less),
            ("<=", Comparison::LessOrEqual),
            (">", Comparison::Greater),
            (">=", Comparison::GreaterOrEqual),
        ] {
            let expected = ("s".to_owned(), comparison, vec![json!(1)]);
            assert_eq!(parse(&format!("s{text}:a")).unwrap(), vec![expected]);
            let swapped_operands = parse(&format!(":a {text} s")).unwrap();
            assert_eq!(swapped_operands[0].1, swapped(comparison), "{text}");
        }
        let both = parse("(#k = :a) and ((s BETWEEN :a AND :b))").unwrap();
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
        let prefix = parse("begins_with(s, :b) AND #k = :a").unwrap();
        assert_eq!(prefix[0].1, Comparison::BeginsWith);
    }

    #[test]
    fn invalid_key_condition_expressions_are_rejected() {
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
            let error = parse(expression).unwrap_err();
            assert!(error.contains(reason), "{expression}: {error}");
        }
    }

    #[test]
    fn legacy_key_conditions_are_parsed() {
        let request = json!({"KeyConditions": {
            "a": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "x"}]},
        }});
        let parsed = key_conditions(&request, &mut References::new(&request)).unwrap();
        assert_eq!(
            (parsed[0].attribute, parsed[0].comparison),
            ("a", Comparison::Equal)
        );
        for condition in [
            json!({"ComparisonOperator": "NE", "AttributeValueList": [{"S": "x"}]}),
            json!({"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"S": "x"}]}),
        ] {
            let request = json!({"KeyConditions": {"a": condition}});
            assert!(key_conditions(&request, &mut References::new(&request)).is_err());
        }
        assert!(key_conditions(&json!({}), &mut References::new(&json!({}))).is_err());
    }

    #[test]
    fn unused_expression_attribute_name_is_rejected() {
        let request = json!({
            "KeyConditionExpression": "#k = :a",
            "ExpressionAttributeNames": {"#k": "key", "#l": "x"},
            "ExpressionAttributeValues": {":a": 1},
        });
        let mut references = References::new(&request);
        key_conditions(&request, &mut references).unwrap();
        let error = references.check_all_used("Query").unwrap_err().to_json();
        assert!(error.contains("ExpressionAttributeNames has spurious '#l', not used in Query"));
    }
}
