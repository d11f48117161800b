//! X-Ray filter expressions as a user types them: what is wrong with one, how it could go on, and how to make one.
//!
//! The grammar is that of "Using filter expressions" in the X-Ray Developer Guide. It is a check before sending and not
//! the judge: where the guide leaves doubt, an expression passes, and the service says what it thinks of it.

mod builders;
mod completion;
mod grammar;
mod keywords;
mod reading;
mod tokens;

pub use builders::{and, annotation_is, edge, quote, service_is};
pub use completion::{Completion, Completions, Known, complete};

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Byte at which it stops making sense, never inside of a character. It is the length of the text where something
    /// is missing at its end.
    pub at: usize,
    /// What is wrong there, as a sentence without its full stop.
    pub what: String,
}

/// What an annotation is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `"gold"`
    Text(String),
    /// `29`
    Number(f64),
    /// `true`
    Truth(bool),
}

/// Looks whether the service could read an expression. An empty one is fine: it means all traces, and none is to be
/// sent then. The API names neither a shortest nor a longest length.
pub fn check(text: &str) -> Result<(), Mistake> {
    let as_escaped = match grammar::read(text, true).outcome {
        Ok(_) => return Ok(()),
        Err(fault) => Mistake { at: fault.at, what: fault.what },
    };
    // The guide does not say what a backslash does in a text. So either reading will do.
    if text.contains('\\') && grammar::read(text, false).outcome.is_ok() {
        return Ok(());
    }
    Err(as_escaped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The examples of "Using filter expressions", docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html,
    /// and that of "Cross-account tracing", …/xray-console-crossaccount.html.
    const OF_THE_GUIDE: [&str; 42] = [
        "responsetime > 5",
        "duration >= 5 AND duration <= 8",
        "ok",
        "!ok",
        "ok = false",
        r#"rootcause.fault.entity { last and name = "deserialize" }"#,
        r#"rootcause.responsetime.entity { remote and coverage > 0.7 and name = "traces" }"#,
        r#"rootcause.fault.service { inferred and name = traces and type = "AWS::DynamoDB" }"#,
        r#"service("data-plane") {root = true and fault = true}"#,
        "http.status != 200",
        "ok !partial duration <3",
        "rootcause.fault.service { index > 5 }",
        "rootcause.responsetime.entity { last and coverage > 0.8 }",
        r#"http.url CONTAINS "/api/game/""#,
        r#"user CONTAINS """#,
        r#"rootcause.fault.service { name = "Auth" }"#,
        r#"rootcause.responsetime.service { last and type = "AWS::DynamoDB" }"#,
        // The guide has it without the brace at its end.
        r#"rootcause.fault.exception { last and message = "Access Denied for account_id: 1234567890" }"#,
        r#"service("api.example.com") { fault }"#,
        "service() { fault }",
        r#"edge("api.example.com", "backend.example.com") { error }"#,
        r#"http.url BEGINSWITH "http://api.example.com/" AND http.url CONTAINS "/v2/" AND !service("api.example.com")"#,
        "http.url AND responseTime > 2",
        r#"annotation.gameid = "817DL6VO""#,
        "annotation.age",
        "!annotation.age",
        "annotation.age > 29",
        r#"group.name = "high_response_time" AND user = "alice""#,
        "responseTime > 3",
        concat!(
            r#"rootcause.json = #[{ "Services": [ { "Name": "GetWeatherData", "#,
            r#""EntityPath": [{ "Name": "GetWeatherData" }, { "Name": "get_temperature" } ] }, "#,
            r#"{ "Name": "GetTemperature", "#,
            r#""EntityPath": [ { "Name": "GetTemperature" } ] } ] }]"#
        ),
        // With what it calls "filter" put in.
        r#"service(id(name: "service-name", type:"service::type")) { fault }"#,
        concat!(
            r#"edge(id(name: "service-one", type:"service::type"), "#,
            r#"id(name: "service-two", type:"service::type")) { fault }"#
        ),
        r#"service("random-name") { error }"#,
        r#"service(id(name: "random-name", type: "AWS::Lambda::Function")) { error }"#,
        r#"service(id(type: "AWS::Lambda::Function")) { error }"#,
        r#"service(id(account.id:"X")) OR service(id(account.id:"Y"))"#,
        // Of older editions.
        r#"service("api.example.com") { fault = true OR responsetime > 2.5 } AND annotation.account = "12345""#,
        r#"edge("api.example.com", "backend.example.com") { fault = true }"#,
        // Of programs that AWS gives away.
        r#"!OK and service(id(name: "x", type: "AWS::ECS::Container")) AND service(id(account.id: "123456789012"))"#,
        r#"!OK AND (service(id(type: "AWS::EC2::Instance"))) AND (instance.id = "i-1")"#,
        r#"Annotation[aws.local.environment] = "k8s:default""#,
        r#"service("api"){fault = true} AND annotation[aws.local.operation]="POST /visits""#,
    ];

    #[test]
    fn the_examples_of_the_guide_are_right() {
        for text in OF_THE_GUIDE {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_the_guide_leaves_open_passes() {
        for text in [
            "",
            "  \n",
            "user = 'alice'",
            r#"user = "a \"b\" c""#,
            // A backslash that takes nothing with it.
            r#"user = "C:\" AND fault"#,
            "fault = \"true\"",
            "fault != FALSE",
            "annotation.beta = true",
            "annotation.beta != 3",
            r#"annotation.sku ENDSWITH "-9""#,
            r#"annotation["a b"] = "c""#,
            "annotation[ a.b ]",
            "annotation.a.b = 1",
            r#"service("a") { annotation.tier = "gold" }"#,
            r#"edge("a", "b") { source.annotation.tier = "gold" and destination.annotation[a.b] }"#,
            "service() {}",
            "edge() { fault }",
            "service(id())",
            r#"service(id(account.id: "1", type: "t", name: "n"))"#,
            "rootcause.fault.service",
            "rootcause.error.exception { name CONTAINS 'x' }",
            "rootcause.json",
            "group.name",
            r#"group.arn != "arn:aws:xray:eu-west-1:1:group/a/b""#,
            "duration",
            "!(fault or error) !!partial",
            "((fault))",
            "fault(error)",
            "duration > .5 duration < 1e3 duration != -1",
            r#"http.response.body CONTAINS "x" AND some.new { fault }"#,
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_mistake_is_told_where_it_is() {
        for (text, at, what) in [
            ("fualt", 0, "`fualt` is no keyword - `fault`?"),
            ("ok AND falt = true", 7, "`falt` is no keyword - `fault`?"),
            ("größe", 0, "`größe` is no keyword; a service is written `service(\"größe\")`"),
            ("checkout", 0, "`checkout` is no keyword; a service is written `service(\"checkout\")`"),
            ("not fault", 0, "`not` is no keyword - `!`?"),
            ("fault ADN error", 6, "`ADN` is no keyword - `AND`?"),
            ("annotations.tier = 1", 0, "`annotations.tier` is no keyword - `annotation.tier`?"),
            ("annotation. = 1", 0, "expected the key of an annotation after `annotation.`"),
            ("annotation = 1", 0, "expected the key of an annotation: `annotation.key`, or `annotation[key]`"),
            ("annotation[a = 1", 0, "the bracket of this annotation is not closed"),
            ("fault AND", 9, "expected a keyword, found the end"),
            ("AND fault", 0, "expected a keyword before `AND`"),
            ("fault && error", 6, "`&&` is no operator - `AND`?"),
            ("fault || error", 6, "`||` is no operator - `OR`?"),
            ("fault == true", 6, "`==` is no operator - `=`?"),
            ("fault = 1", 8, "expected true or false, found `1`"),
            ("fault > true", 6, "`fault` is compared by = or !=, not by `>`"),
            ("duration 5", 9, "expected >, >=, <, <=, = or != after `duration`, found `5`"),
            ("duration > \"5\"", 11, "expected a number of seconds without a unit, found `\"5\"`"),
            ("duration > 200ms", 11, "expected a number of seconds without a unit, found `200ms`"),
            ("http.status = OK", 14, "expected a number, found `OK`"),
            ("http.status CONTAINS 5", 12, "`http.status` is compared by >, >=, <, <=, = or !=, not by `CONTAINS`"),
            ("http.url > \"a\"", 9, "`http.url` is compared by =, !=, CONTAINS, BEGINSWITH or ENDSWITH, not by `>`"),
            ("http.url = /cart", 11, "expected a text in quotation marks, found `/cart`"),
            ("http.url CONTAIN \"a\"", 9, "`CONTAIN` is no keyword - `CONTAINS`?"),
            ("http.url \"a\"", 9, "expected =, !=, CONTAINS, BEGINSWITH or ENDSWITH after `http.url`, found `\"a\"`"),
            ("user = 5", 7, "expected a text in quotation marks, found `5`"),
            ("user = \"open", 7, "the quotation mark that opens here is not closed"),
            ("annotation.age > \"a\"", 17, "expected a number after `>`, found `\"a\"`"),
            ("annotation.age CONTAINS 5", 24, "expected a text in quotation marks, found `5`"),
            ("annotation.age =", 16, "expected a text in quotation marks, a number, true or false, found the end"),
            ("group.name CONTAINS \"a\"", 11, "`group.name` is compared by = or !=, not by `CONTAINS`"),
            ("rootcause.json = \"a\"", 17, "expected root causes as `#[…]`, found `\"a\"`"),
            ("rootcause.json = #[{", 17, "the JSON that begins here is not closed"),
            ("rootcause.fault.servic {}", 0, "`rootcause.fault.servic` is no keyword - `rootcause.fault.service`?"),
            ("(fault", 6, "expected `)`, found the end"),
            ("()", 1, "expected a keyword, found `)`"),
            ("fault)", 5, "expected AND, OR or the end, found `)`"),
            ("fault \"a\"", 6, "expected = or != after `fault`, found `\"a\"`"),
            ("fault = true \"a\"", 13, "expected AND, OR or the end, found `\"a\"`"),
            ("service", 7, "expected `(` as in `service(\"name\")`, found the end"),
            ("service = \"a\"", 8, "expected `(` as in `service(\"name\")`, found `=`"),
            (
                "service(cart)",
                8,
                "expected the name of a service in quotation marks, or `id(…)`, found `cart` - \"cart\"?",
            ),
            ("service(\"a\" { fault }", 12, "expected `)`, found `{`"),
            ("service(\"a\") { fault", 20, "expected `}`, found the end"),
            ("edge(\"a\")", 8, "expected `,` and the service that is called, found `)`"),
            ("service(id(color: \"red\"))", 11, "expected name, type or account.id, found `color`"),
            ("service(id(nmae: \"red\"))", 11, "expected name, type or account.id, found `nmae` - `name`?"),
            ("service(id(name \"red\"))", 16, "expected `:` and a text in quotation marks, found `\"red\"`"),
            ("service(id(name: 5))", 17, "expected a text in quotation marks, found `5`"),
            ("id(name: \"a\")", 0, "`id(…)` stands inside `service(…)` or `edge(…)` only"),
        ] {
            assert_eq!(check(text), Err(Mistake { at, what: what.to_owned() }), "{text}");
        }
        for deep in ["(", "!(", "service(){", "some.new{"].map(|open| open.repeat(10_000)) {
            assert!(check(&deep).is_err_and(|mistake| mistake.what.contains("can't be read here")));
        }
        assert!(check(&"!".repeat(100_000)).is_err());
    }

    /// Texts in quotation marks, of either kind and with escapes.
    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![
            ".*".prop_map(|text| quote(&text)),
            "[a-z /:.{}()=]{0,8}".prop_map(|text| format!("'{text}'")),
            Just("\"\"".to_owned()),
        ]
    }

    fn one_of(list: &'static [&'static str]) -> impl Strategy<Value = String> + Clone {
        prop::sample::select(list).prop_map(str::to_owned)
    }

    fn numbers() -> impl Strategy<Value = String> {
        prop_oneof![(0u32..1000).prop_map(|n| n.to_string()), (-9.0..9.0).prop_map(|n: f64| n.to_string())]
    }

    fn paths() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z_][a-z0-9_]{0,8}".prop_map(|key| format!("annotation.{key}")),
            "[a-z]{1,4}(\\.[a-z]{1,4}){0,3}".prop_map(|key| format!("annotation[{key}]")),
            texts().prop_map(|key| format!("annotation[{key}]")),
        ]
    }

    fn nodes() -> impl Strategy<Value = String> {
        let part =
            (one_of(&["name", "type", "account.id"]), texts()).prop_map(|(part, text)| format!("{part}: {text}"));
        prop_oneof![texts(), prop::collection::vec(part, 0..4).prop_map(|parts| format!("id({})", parts.join(", "))),]
    }

    fn terms() -> impl Strategy<Value = String> {
        let flag =
            one_of(&["ok", "error", "throttle", "fault", "partial", "inferred", "first", "last", "remote", "ROOT"]);
        let number = one_of(&["responsetime", "duration", "http.status", "index", "coverage"]);
        let text =
            one_of(&["http.url", "http.method", "http.useragent", "http.clientip", "user", "name", "type", "message"]);
        let truth = || one_of(&["true", "false"]);
        let equal = || one_of(&["=", "!=", " = "]);
        let order = || one_of(&["=", " !=", "< ", " <= ", ">", ">="]);
        let like = || one_of(&["=", " != ", " CONTAINS ", " BEGINSWITH ", " endswith "]);
        prop_oneof![
            flag.clone(),
            (flag, equal(), truth()).prop_map(|(a, b, c)| a + &b + &c),
            (number, order(), numbers()).prop_map(|(a, b, c)| a + &b + &c),
            (text.clone(), like(), texts()).prop_map(|(a, b, c)| a + &b + &c),
            text,
            paths(),
            (paths(), order(), numbers()).prop_map(|(a, b, c)| a + &b + &c),
            (paths(), like(), texts()).prop_map(|(a, b, c)| a + &b + &c),
            (paths(), equal(), truth()).prop_map(|(a, b, c)| a + &b + &c),
            (one_of(&["group.name", "group.arn"]), equal(), texts()).prop_map(|(a, b, c)| a + &b + &c),
            Just("rootcause.json = #[{\"Services\": [{\"Name\": \"a ] b\"}]}]".to_owned()),
        ]
    }

    /// Expressions that are right.
    pub(super) fn expressions() -> impl Strategy<Value = String> {
        terms().prop_recursive(4, 16, 3, |inner| {
            let body = prop_oneof![
                Just(String::new()),
                inner.clone().prop_map(|inner| format!("{{{inner}}}")),
                inner.clone().prop_map(|inner| format!(" {{ {inner} }}")),
            ];
            let cause =
                one_of(&["rootcause.fault.service", "rootcause.responsetime.entity", "rootcause.error.exception"]);
            prop_oneof![
                (inner.clone(), one_of(&[" AND ", " OR ", " and ", " "]), inner.clone())
                    .prop_map(|(a, b, c)| a + &b + &c),
                inner.clone().prop_map(|inner| format!("({inner})")),
                inner.prop_map(|inner| format!("!({inner})")),
                (nodes(), body.clone()).prop_map(|(node, body)| format!("service({node}){body}")),
                (nodes(), nodes(), body.clone()).prop_map(|(from, to, body)| format!("edge({from},{to}){body}")),
                (cause, body).prop_map(|(cause, body)| cause + &body),
            ]
        })
    }

    /// Texts of the language's words in any order.
    pub(super) fn rubbish() -> impl Strategy<Value = String> {
        let words = one_of(&[
            "fault",
            "duration",
            "http.url",
            "annotation.",
            "annotation[",
            "a",
            "]",
            "service",
            "edge",
            "id",
            "name",
            "(",
            ")",
            "{",
            "}",
            ",",
            ":",
            "=",
            "!=",
            "<",
            "!",
            "\"",
            "'",
            "\\",
            "#",
            "#[",
            "AND",
            "or",
            "CONTAINS",
            "5",
            "-",
            ".",
            " ",
            "\u{a0}",
            "é",
            "🦀",
            "rootcause.json",
            "group.name",
            "true",
        ]);
        prop_oneof![prop::collection::vec(words, 0..12).prop_map(|words| words.concat()), ".*"]
    }

    proptest! {
        #[test]
        fn what_is_right_passes(text in expressions(), other in expressions()) {
            prop_assert_eq!(check(&text), Ok(()), "{}", text);
            let both = and(&text, &other);
            prop_assert_eq!(check(&both), Ok(()), "{}", both);
            prop_assert_eq!(and(&both, &other), both, "a term is there once: {} | {}", text, other);
        }

        #[test]
        fn nothing_is_too_odd_to_be_checked(text in rubbish(), other in rubbish()) {
            if let Err(mistake) = check(&text) {
                prop_assert!(text.is_char_boundary(mistake.at), "{} at {}", text, mistake.at);
                prop_assert!(!mistake.what.is_empty());
            }
            and(&text, &other);
        }

        #[test]
        fn what_is_right_makes_sense_up_to_each_of_its_words(text in expressions()) {
            for word in tokens::tokens(&text, true) {
                let outcome = grammar::read(&text[..word.from], true).outcome;
                let fine = outcome.as_ref().map_or_else(|fault| fault.unfinished, |_| true);
                prop_assert!(fine, "{}: {:?}", &text[..word.from], outcome);
            }
        }
    }
}
