//! Every question that the program asks AWS, put by the real SDK to the embedded account: answered, paged, and refused in
//! every way that there is.

use crate::embedded::Embedded;
use chrono::TimeDelta;
use slsdash::app::effect::{Change, Failure, Outcome};
use slsdash::aws::{
    Account, Settings, alarms, apis, changes, functions, logs, metrics, provisioned, service_graph, traces,
};
use slsdash::model::api::Protocol;
use slsdash::model::function::InvocationType;
use slsdash::model::series::{Metric, SeriesKey, Statistic, Subject};
use slsdash::model::trouble::{Kind, Trouble};
use slsdash::sim::faults::Fault;
use std::time::Duration;

/// One question of each noun, and the operations that it may come to.
const QUESTIONS: [&str; 10] = [
    "sts:GetCallerIdentity",
    "lambda:ListFunctions",
    "lambda:GetAccountSettings",
    "cloudwatch:GetMetricData",
    "cloudwatch:DescribeAlarms",
    "logs:DescribeLogGroups",
    "logs:FilterLogEvents",
    "xray:GetTraceSummaries",
    "apigateway:GetAccount",
    "apigateway:GetStages",
];

async fn ask(embedded: &Embedded, question: &str) -> Result<(), Trouble> {
    let account = &embedded.account;
    let (start, end) = (embedded.clock.now() - TimeDelta::minutes(10), embedded.clock.now());
    match question {
        "sts:GetCallerIdentity" => account.identity().await.map(drop),
        "lambda:ListFunctions" => functions::page(account, None).await.map(drop),
        "lambda:GetAccountSettings" => functions::settings(account).await.map(drop),
        "cloudwatch:GetMetricData" => {
            let key = SeriesKey::new(Subject::Fleet, Metric::Invocations, Statistic::Sum);
            metrics::measure(account, &[key], start, end, 60).await.map(drop)
        }
        "cloudwatch:DescribeAlarms" => alarms::all(account).await.map(drop),
        "logs:DescribeLogGroups" => logs::groups(account, None).await.map(drop),
        "logs:FilterLogEvents" => {
            let group = busiest_group(embedded);
            let wanted = logs::Wanted { group, from: start.timestamp_millis(), ..logs::Wanted::default() };
            logs::page(account, &wanted, None).await.map(drop)
        }
        "xray:GetTraceSummaries" => {
            traces::page(account, "", traces::Belongs::Begun, (start, end), None).await.map(drop)
        }
        "apigateway:GetAccount" => apis::limits(account).await.map(drop),
        "apigateway:GetStages" => {
            let api = embedded.sim.world().catalog.apis[0].id.clone();
            apis::stages(account, &api, Protocol::Rest).await.map(drop)
        }
        other => panic!("nobody asks {other}"),
    }
}

fn busiest_group(embedded: &Embedded) -> String {
    let world = embedded.sim.world();
    let now = embedded.sim.now();
    let busiest = (0..world.catalog.functions.len())
        .max_by_key(|function| world.invocations(*function, now - 60_000, now).len())
        .expect("the account has functions");
    world.catalog.functions[busiest].log_group.clone()
}

#[tokio::test(start_paused = true)]
async fn every_question_is_answered() {
    let embedded = Embedded::start("shop").await;
    for question in QUESTIONS {
        assert_eq!(ask(&embedded, question).await, Ok(()), "{question}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_refusal_is_of_its_kind_and_says_what_was_asked() {
    let embedded = Embedded::start("shop").await;
    let faults = [
        (Fault::Throttle, Kind::Throttled),
        (Fault::Deny, Kind::Denied),
        (Fault::Expired, Kind::Expired),
        (Fault::UnknownKey, Kind::Expired),
        (Fault::Skew(-7 * 60), Kind::ClockSkew),
        (Fault::Internal, Kind::Other),
        (Fault::Garbage, Kind::Garbled),
        (Fault::Hang, Kind::Network),
        (Fault::Drop, Kind::Network),
        (Fault::Truncate, Kind::Network),
    ];
    for question in QUESTIONS {
        for (fault, kind) in &faults {
            let embedded = &embedded;
            embedded.sim.faults().inject(question, fault.clone());
            let asked = tokio::time::timeout(Duration::from_secs(10), ask(embedded, question)).await;
            let trouble = asked.expect("a limit of our own comes first").expect_err("a fault is a fault");
            embedded.sim.faults().clear();
            assert_eq!(trouble.kind, *kind, "{question} {fault:?}: {trouble:?}");
            assert!(!trouble.sentence().chars().any(char::is_control), "{trouble}");
            let asked = if question.starts_with("apigateway") { "apigateway:GET" } else { question };
            assert_eq!(trouble.operation, asked);
            if *kind == Kind::Denied {
                let remedy = trouble.remedy.as_deref().unwrap_or_default();
                assert!(remedy.contains(asked), "{question}: {remedy}");
            }
            if *kind == Kind::ClockSkew {
                assert!(trouble.message.contains("7 min ahead of"), "{trouble:?}");
            }
        }
        assert_eq!(ask(&embedded, question).await, Ok(()), "{question} heals");
    }
}

#[tokio::test(start_paused = true)]
async fn every_page_is_read() {
    let embedded = Embedded::of("shop", 230).await;
    let (account, world) = (&embedded.account, embedded.sim.world());
    let all = functions::all(account).await.expect("the functions");
    assert_eq!(all.len(), world.catalog.functions.len());
    assert!(embedded.sim.ledger().count("lambda", "ListFunctions") >= 5);
    let groups = logs::groups(account, None).await.expect("the groups");
    assert!(all.iter().all(|function| groups.iter().any(|group| group.name == function.log_group)));
    assert!(embedded.sim.ledger().count("logs", "DescribeLogGroups") >= 5);
    let (found, trouble) = apis::all(account).await;
    assert_eq!((found.len(), trouble), (world.catalog.apis.len(), None));
    for api in &found {
        assert!(!apis::stages(account, &api.id, api.protocol).await.expect("stages").is_empty(), "{}", api.name);
        assert!(!apis::routes(account, &api.id, api.protocol).await.expect("routes").is_empty(), "{}", api.name);
    }
    let alarms = alarms::all(account).await.expect("the alarms");
    assert_eq!(alarms.len(), world.catalog.alarms.len());
    let (start, end) = (embedded.clock.now() - TimeDelta::minutes(5), embedded.clock.now());
    let (summaries, capped) = traces::summaries(account, "", start, end, 100_000).await.expect("the summaries");
    assert!(!capped && !summaries.is_empty());
    let trace = traces::trace(account, &summaries[0].id).await.expect("a whole trace");
    assert!(!trace.documents.is_empty());
    assert!(!service_graph::service_graph(account, start, end).await.expect("the graph").nodes.is_empty());
}

#[tokio::test(start_paused = true)]
async fn metrics_are_those_of_the_account() {
    let embedded = Embedded::start("shop").await;
    let world = embedded.sim.world();
    let (end, names) = (embedded.clock.now(), world.catalog.functions.iter().map(|function| function.name.clone()));
    let keys: Vec<SeriesKey> = names
        .map(|name| SeriesKey::new(Subject::Function(name), Metric::Invocations, Statistic::Sum))
        .chain([SeriesKey::new(Subject::Fleet, Metric::Invocations, Statistic::Sum)])
        .collect();
    let start = end - TimeDelta::hours(1);
    let answer = metrics::measure(&embedded.account, &keys, start, end, 60).await.expect("the series");
    let sum = |of: &dyn Fn(&SeriesKey) -> bool| -> f64 {
        answer.series.iter().filter(|(key, _)| of(key)).map(|(_, series)| series.total()).sum()
    };
    let fleet = sum(&|key| key.subject == Subject::Fleet);
    assert!(fleet > 0.0);
    assert_eq!(sum(&|key| key.subject != Subject::Fleet), fleet);
}

#[tokio::test(start_paused = true)]
async fn a_detail_shows_what_it_could_get() {
    let embedded = Embedded::start("shop").await;
    let name = embedded.sim.world().catalog.functions[0].name.clone();
    let detail = functions::detail(&embedded.account, &name).await.expect("the detail");
    assert_eq!(detail.missing, []);
    embedded.sim.faults().inject("lambda:ListAliases", Fault::Deny);
    embedded.sim.faults().inject("lambda:ListTags", Fault::Hang);
    let partly = functions::detail(&embedded.account, &name).await.expect("the rest of the detail");
    let missing: Vec<&str> = partly.missing.iter().map(|trouble| trouble.operation.as_str()).collect();
    assert_eq!(missing, ["lambda:ListAliases", "lambda:ListTags"]);
    assert_eq!(partly.versions, detail.versions);
    embedded.sim.faults().clear();
    let gone = functions::detail(&embedded.account, "nobody").await.expect_err("there is no such function");
    assert_eq!(gone.kind, Kind::Missing);
}

fn invoke(embedded: &Embedded, kind: InvocationType) -> Change {
    let function = embedded.sim.world().catalog.functions[0].name.clone();
    Change::Invoke { function, qualifier: None, kind, payload: "{}".into(), timeout_s: 30 }
}

async fn invoked(embedded: &Embedded, change: Change) -> Result<slsdash::model::function::InvokeAnswer, Failure> {
    match changes::perform(&embedded.account, change).await {
        Outcome::Invoked { result, .. } => result,
        other => panic!("an invoke came to {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_invoke_is_sent_once_whatever_becomes_of_it() {
    let embedded = Embedded::start("shop").await;
    let calls = || embedded.sim.ledger().count("lambda", "Invoke");
    let answer = invoked(&embedded, invoke(&embedded, InvocationType::RequestResponse)).await.expect("an answer");
    assert_eq!((answer.status, calls()), (200, 1));
    let (tail, id) = (answer.log_tail.expect("the tail of its log"), answer.request_id.expect("its id"));
    assert!(tail.contains(&id), "{tail}");
    for (fault, unknown) in [
        (Fault::Drop, true),
        (Fault::Hang, true),
        (Fault::Truncate, true),
        (Fault::Throttle, false),
        (Fault::Deny, false),
        (Fault::Internal, false),
    ] {
        let before = calls();
        embedded.sim.faults().inject("lambda:Invoke", fault.clone());
        let failure = invoked(&embedded, invoke(&embedded, InvocationType::RequestResponse)).await;
        embedded.sim.faults().clear();
        let failure = failure.expect_err("a fault is a fault");
        assert_eq!(matches!(failure, Failure::Unknown(_)), unknown, "{fault:?}: {failure:?}");
        assert_eq!(calls(), before + 1, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn provisioned_concurrency_is_set_once_and_becomes_ready() {
    let embedded = Embedded::start("shop").await;
    let world = embedded.sim.world();
    let function = world.catalog.functions.iter().find(|function| !function.aliases.is_empty()).expect("an alias");
    let (name, alias) = (function.name.clone(), function.aliases[0].name.clone());
    let before = provisioned::one_provisioned(&embedded.account, &name, &alias).await.expect("an answer");
    let from = before.map(|config| config.requested);
    let change = Change::SetProvisionedConcurrency { function: name.clone(), qualifier: alias.clone(), from, to: 7 };
    let Outcome::Changed { result, .. } = changes::perform(&embedded.account, change).await else { panic!("a change") };
    assert_eq!(result, Ok(()));
    let now = provisioned::one_provisioned(&embedded.account, &name, &alias).await.expect("an answer");
    assert_eq!(now.map(|config| config.requested), Some(7));
    tokio::time::sleep(Duration::from_secs(600)).await;
    let later = provisioned::provisioned(&embedded.account, &name, &[]).await.expect("the list");
    let later = later.iter().find(|config| config.qualifier == alias).expect("the alias");
    assert_eq!((later.allocated, &later.status), (7, &slsdash::model::function::ProvisionedStatus::Ready));
    embedded.sim.faults().inject("lambda:PutProvisionedConcurrencyConfig", Fault::Drop);
    let again = Change::SetProvisionedConcurrency { function: name, qualifier: alias, from: Some(7), to: 9 };
    let before = embedded.sim.ledger().count("lambda", "PutProvisionedConcurrencyConfig");
    let Outcome::Changed { result, .. } = changes::perform(&embedded.account, again).await else { panic!("a change") };
    assert!(matches!(result, Err(Failure::Unknown(_))), "{result:?}");
    assert_eq!(embedded.sim.ledger().count("lambda", "PutProvisionedConcurrencyConfig"), before + 1);
}

/// The embedded account on a loopback port, and the doorway to it through the production HTTP client.
async fn on_a_socket(embedded: &Embedded) -> (Account, tokio::task::JoinHandle<std::io::Result<()>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let forever = std::future::pending();
    let serving = tokio::spawn(slsdash::sim::transport::serve::serve(embedded.sim.clone(), listener, forever));
    let settings = Settings {
        endpoint_url: Some(url),
        region: Some("eu-west-1".into()),
        keys: Some(slsdash::aws::Keys { id: "AKIDTEST".into(), secret: "secret".into() }),
        ..Settings::chain(embedded.clock.clone())
    };
    (Account::connect(settings).await.expect("an endpoint"), serving)
}

#[tokio::test]
async fn a_live_tail_reaches_an_account_on_a_socket() {
    let embedded = Embedded::start("shop").await;
    let (account, serving) = on_a_socket(&embedded).await;
    let groups = logs::groups(&account, Some(&busiest_group(&embedded))).await.expect("the group");
    let mut tail = logs::live_tail(&account, &[groups[0].arn.clone()], "").await.expect("a tail");
    let update = tokio::time::timeout(Duration::from_secs(10), tail.next()).await.expect("an update each second");
    assert!(update.expect("no trouble").is_some());
    serving.abort();
}

#[tokio::test]
async fn a_broken_connection_leaves_no_doubt_where_there_is_none() {
    let embedded = Embedded::start("shop").await;
    let (account, serving) = on_a_socket(&embedded).await;
    let outcome = async |change| match changes::perform(&account, change).await {
        Outcome::Invoked { result, .. } => result,
        other => panic!("an invoke came to {other:?}"),
    };
    let change = || invoke(&embedded, InvocationType::RequestResponse);
    assert!(outcome(change()).await.is_ok());
    for fault in [Fault::Drop, Fault::Truncate] {
        let before = embedded.sim.ledger().count("lambda", "Invoke");
        embedded.sim.faults().inject("*", fault.clone());
        let failure = outcome(change()).await.expect_err("a fault is a fault");
        assert!(
            matches!(&failure, Failure::Unknown(trouble) if trouble.kind == Kind::Network),
            "{fault:?}: {failure:?}"
        );
        assert_eq!(embedded.sim.ledger().count("lambda", "Invoke"), before + 1, "sent once");
        let trouble = functions::page(&account, None).await.expect_err("a fault is a fault");
        assert_eq!(trouble.kind, Kind::Network, "{fault:?}: {trouble:?}");
        embedded.sim.faults().clear();
    }
    // With nobody listening nothing can have happened.
    serving.abort();
    let _ = serving.await;
    let failure = outcome(change()).await.expect_err("nobody listens");
    assert!(matches!(&failure, Failure::Refused(trouble) if trouble.kind == Kind::Network), "{failure:?}");
}
