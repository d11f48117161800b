//! Tags, as the Resource Groups Tagging API tells them.

/// A resource with its tags.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tagged {
    /// ResourceARN: of a function unqualified, of an API `arn:aws:apigateway:REGION::/restapis/ID`.
    pub arn: String,
    /// Key and value.
    pub tags: Vec<(String, String)>,
}
