//! The members of a request, checked as the service checks them, and how it refuses.

use crate::sim::services::Call;
use crate::sim::wire::Response;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// Why a request is not served.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// As `InvalidParameterException`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
}

impl Refusal {
    /// InvalidParameterException.
    pub fn invalid(message: impl Into<String>) -> Self {
        Refusal { code: "InvalidParameterException", message: message.into() }
    }

    /// ResourceNotFoundException.
    pub fn not_found(message: impl Into<String>) -> Self {
        Refusal { code: "ResourceNotFoundException", message: message.into() }
    }

    /// InvalidParameterException of the request validator.
    pub fn constraint(name: &str, value: &str, constraint: &str) -> Self {
        Refusal::invalid(format!(
            "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {constraint}"
        ))
    }

    /// A value that is not among those of its enum.
    pub fn not_in_enum(name: &str, value: &str, allowed: &[&str]) -> Self {
        let allowed = allowed.join(", ");
        Refusal::constraint(name, value, &format!("Member must satisfy enum value set: [{allowed}]"))
    }

    /// The response.
    pub fn response(&self, call: &Call<'_>) -> Response {
        call.error(400, self.code, &self.message)
    }
}

/// The JSON object of a request.
pub struct Input(Map<String, Value>);

impl Input {
    /// The members of a body.
    ///
    /// # Errors
    /// A body that is no JSON object: the SerializationException.
    pub fn of(body: Value) -> Result<Self, Refusal> {
        match body {
            Value::Object(members) => Ok(Input(members)),
            _ => Err(Refusal {
                code: "SerializationException",
                message: "Start of structure or map found where not expected.".to_owned(),
            }),
        }
    }

    fn member<'a, T>(&'a self, name: &str, kind: &str, read: fn(&'a Value) -> Option<T>) -> Result<Option<T>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| Refusal {
                code: "SerializationException",
                message: format!("Member '{name}' can not be converted to {kind}"),
            }),
        }
    }

    /// A text.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        self.member(name, "String", Value::as_str)
    }

    /// A text that must be there.
    pub fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name)?.ok_or_else(|| Refusal::constraint(name, "null", "Member must not be null"))
    }

    /// A boolean.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        self.member(name, "Boolean", Value::as_bool)
    }

    /// A whole number within its bounds.
    pub fn number(&self, name: &str, bounds: RangeInclusive<i64>) -> Result<Option<i64>, Refusal> {
        let Some(number) = self.member(name, "Long", Value::as_i64)? else { return Ok(None) };
        let bound = if number < *bounds.start() {
            format!("Member must have value greater than or equal to {}", bounds.start())
        } else if number > *bounds.end() {
            format!("Member must have value less than or equal to {}", bounds.end())
        } else {
            return Ok(Some(number));
        };
        Err(Refusal::constraint(name, &number.to_string(), &bound))
    }

    /// A list of texts of at most `most` members; absent and empty are the same.
    pub fn texts(&self, name: &str, most: usize) -> Result<Vec<&str>, Refusal> {
        let list =
            self.member(name, "List", |value| value.as_array()?.iter().map(Value::as_str).collect::<Option<Vec<_>>>())?;
        let list = list.unwrap_or_default();
        if list.len() > most {
            let bound = format!("Member must have length less than or equal to {most}");
            return Err(Refusal::constraint(name, &format!("{list:?}"), &bound));
        }
        Ok(list)
    }
}
