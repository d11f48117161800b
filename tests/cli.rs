//! The commands of the real binary against the embedded account: their data, their messages, their exit codes.

mod logs;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use slsdash::aws::permissions::PERMISSIONS;

use crate::servers::{Answer, Home, Sim, slsdash};

/// Runs the binary without any server, to its end.
fn alone(arguments: &[&str]) -> Output {
    within(&Home::new(), arguments)
}

fn within(home: &Home, arguments: &[&str]) -> Output {
    slsdash(home).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
fn fails(output: &Output, code: i32, says: &str) {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert_eq!(stdout(output), "", "standard output is data: {output:?}");
    assert!(stderr(output).contains(says), "{says:?} is not said: {output:?}");
}

/// The account's back door: (method, path, body) to its answer.
fn door(sim: &Sim, method: &str, path: &str, body: &Value) -> Value {
    let address = sim.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let body = body.to_string();
    let length = body.len();
    let head = format!(
        "{method} /_sim/{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    serde_json::from_str(body).unwrap()
}

fn fault(sim: &Sim, operations: &str, fault: &str) {
    door(sim, "POST", "faults", &json!({"operations": operations, "fault": fault}));
}

/// Calls of each operation so far, as (service, operation, calls).
fn calls(sim: &Sim) -> Vec<(String, String, u64)> {
    let ledger = door(sim, "GET", "ledger", &Value::Null);
    let text = |value: &Value| value.as_str().unwrap().to_string();
    let operations = ledger["operations"].as_array().unwrap().iter();
    operations.map(|o| (text(&o["service"]), text(&o["operation"]), o["calls"].as_u64().unwrap())).collect()
}

fn calls_of(sim: &Sim, operation: &str) -> u64 {
    calls(sim).iter().filter(|(_, name, _)| name == operation).map(|(.., calls)| calls).sum()
}

#[test]
fn a_wrong_command_line_is_252_and_says_what_is_right() {
    fails(&alone(&["tracse"]), 252, "similar subcommand");
    fails(&alone(&["--colour"]), 252, "--colour");
    fails(&alone(&["top", "--since", "90"]), 252, "write `90s`");
    fails(&alone(&["sim", "--scenario", "nonesuch"]), 252, "calm");
    fails(&alone(&["demo", "--profile", "prod"]), 252, "has its own");
    fails(&alone(&["logs"]), 252, "PATTERN");
    fails(&alone(&["invoke", "f", "--payload", "{\"a\": nope}"]), 252, "line 1 column 8");
    fails(&alone(&["invoke", "f", "--payload", "@/nonexistent"]), 252, "/nonexistent");
    fails(&alone(&["completions", "tcsh"]), 252, "possible values");
}

#[test]
fn help_and_version_are_data() {
    for flag in ["--help", "--version"] {
        let output = alone(&[flag]);
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).contains("slsdash") || stdout(&output).contains("Usage"), "{output:?}");
        assert_eq!(stderr(&output), "");
    }
}

#[test]
fn without_a_terminal_no_dashboard_starts() {
    fails(&alone(&[]), 253, "slsdash top --once");
    fails(&alone(&["demo"]), 253, "slsdash top --once");
}

#[test]
fn without_credentials_the_demo_is_named() {
    let home = Home::new();
    for name in ["top", "traces", "apis"] {
        let mut command = slsdash(&home);
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        fails(&command.args([name]).stdin(Stdio::null()).output().unwrap(), 253, "slsdash demo");
    }
}

#[test]
fn a_profile_or_region_that_is_not_there_is_a_matter_of_this_machine() {
    fails(&alone(&["--profile", "nonesuch", "apis"]), 253, "nonesuch");
    fails(&alone(&["--region", "Frankfurt", "apis"]), 253, "eu-west-1");
    fails(&alone(&["--endpoint-url", "127.0.0.1:1", "apis"]), 253, "http://127.0.0.1:4566");
    fails(&alone(&["--endpoint-url", "http://127.0.0.1:1", "apis"]), 253, "127.0.0.1:1");
}

#[test]
fn a_broken_configuration_is_shown_with_a_caret_and_does_not_stop_a_command() {
    let home = Home::new();
    let folder = home.path().join("config/slsdash");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("config.toml"),
        "[ui]\ntheme = \"nigth\"\n[poll]\nmettrics = \"5s\"\n[keys]\nfly = [\"f\"]\n",
    )
    .unwrap();
    let checked = within(&home, &["config", "check"]);
    assert_eq!(checked.status.code(), Some(253));
    let said = stdout(&checked);
    for part in [
        "config.toml:4:1: no entry of [poll] is called `mettrics`\n 4 | mettrics = \"5s\"\n   | ^^^^^^^^\n   remedy: did you mean `metrics`?",
        "config.toml:2:9: no theme is called `nigth`",
        "config.toml:6:7: fly: no such command",
        "3 problems",
    ] {
        assert!(said.contains(part), "{part}\nis not in\n{said}");
    }
    let sim = Sim::start("calm");
    let apis = Answer::within(&home, &sim.url, &["apis", "-o", "json"]);
    assert!(apis.stderr().contains("did you mean `metrics`"), "{apis}");
    assert!(apis.json()["apis"].as_array().is_some_and(|apis| !apis.is_empty()));
    let refused = Answer::within(&home, &sim.url, &["invoke", "checkout-api"]);
    assert_eq!(refused.code(), 253, "a broken file might have meant to forbid it: {refused}");
    assert_eq!(calls_of(&sim, "Invoke"), 0);
}

#[test]
fn the_configuration_is_printed_checked_and_found() {
    let home = Home::new();
    let defaults = within(&home, &["config", "default"]);
    assert_eq!(stdout(&defaults), slsdash::config::DEFAULT_TEXT);
    let path = stdout(&within(&home, &["config", "path"]));
    assert!(path.trim().ends_with("config/slsdash/config.toml"), "{path}");
    let checked = within(&home, &["config", "check"]);
    assert!(checked.status.success() && stdout(&checked).contains("the defaults count"), "{checked:?}");
    let missing = within(&home, &["--config", "/nonexistent.toml", "config", "check"]);
    assert_eq!(missing.status.code(), Some(253));
}

#[test]
fn keys_are_those_of_the_user() {
    let home = Home::new();
    let file = home.path().join("mine.toml");
    std::fs::write(&file, "[keys]\nquit = [\"ctrl-q\"]\n").unwrap();
    let output = within(&home, &["keys", "--config", file.to_str().unwrap()]);
    let said = stdout(&output);
    let quit = said.lines().find(|line| line.starts_with("quit ")).unwrap();
    assert!(quit.contains("^q"), "{quit}");
    assert!(said.lines().any(|line| line.starts_with("provision ")), "{said}");
}

#[test]
fn completions_and_manual_come_from_the_definition() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(stdout(&alone(&["completions", shell])).contains("endpoint-url"), "{shell}");
    }
    assert!(stdout(&alone(&["man"])).starts_with(".ie"));
}

#[test]
fn the_policy_is_a_document_in_the_partition_of_the_region() {
    let read: Value = serde_json::from_slice(&alone(&["policy"]).stdout).unwrap();
    assert_eq!(read["Version"], "2012-10-17");
    assert!(!read.to_string().contains("lambda:InvokeFunction"));
    let write = stdout(&alone(&["policy", "--write", "--region", "cn-north-1"]));
    assert!(write.contains("lambda:InvokeFunction") && write.contains("arn:aws-cn:lambda"), "{write}");
}

#[test]
fn top_has_the_fields_that_scripts_rely_on() {
    let sim = Sim::start("outage");
    let top = Answer::of(&sim.url, &["top", "--once", "-o", "json", "--since", "30m"]).json();
    let fields = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields(&top), ["account", "region", "window", "functions"]);
    assert_eq!(fields(&top["window"]), ["start", "end"]);
    let functions = top["functions"].as_array().unwrap();
    for function in functions {
        assert_eq!(
            fields(function),
            [
                "functionName",
                "runtime",
                "memorySize",
                "timeout",
                "invocations",
                "errors",
                "throttles",
                "durationP50",
                "durationP99",
                "concurrentExecutions",
                "reservedConcurrentExecutions",
                "provisionedConcurrency",
                "findings",
            ]
        );
    }
    assert!(functions[0]["errors"].as_u64() > Some(0), "the worst is the first: {}", functions[0]);
    assert!(!functions[0]["findings"].as_array().unwrap().is_empty());
    let provisioned = functions.iter().flat_map(|f| f["provisionedConcurrency"].as_array().unwrap()).next().unwrap();
    assert_eq!(fields(provisioned), ["qualifier", "requested", "allocated", "available", "status"]);
    let table = Answer::of(&sim.url, &["top", "--once"]).stdout();
    assert!(table.lines().nth(1).unwrap().starts_with("FUNCTION "), "{table}");
    assert_eq!(table.lines().count(), functions.len() + 2);
}

#[test]
fn a_denied_service_leaves_the_rest_of_top_and_names_its_action() {
    let sim = Sim::start("calm");
    fault(&sim, "cloudwatch:GetMetricData", "deny");
    let top = Answer::of(&sim.url, &["top", "--once", "-o", "json"]);
    assert_eq!(top.code(), 254, "{top}");
    assert!(top.stderr().contains("cloudwatch:GetMetricData"), "{top}");
    let document: Value = serde_json::from_str(&top.stdout()).unwrap();
    let first = &document["functions"][0];
    assert_eq!((&first["invocations"], &first["errors"]), (&Value::Null, &Value::Null), "unknown is not zero: {first}");
    fault(&sim, "lambda:*", "deny");
    let denied = Answer::of(&sim.url, &["top", "--once", "-o", "json"]);
    assert_eq!((denied.code(), denied.stdout().as_str()), (254, ""), "{denied}");
    assert!(denied.stderr().contains("lambda:ListFunctions"), "{denied}");
}

#[test]
fn expired_credentials_are_a_matter_of_this_machine() {
    let sim = Sim::start("calm");
    fault(&sim, "*", "expired");
    for command in [&["top", "--once"][..], &["apis"], &["traces"], &["logs", "checkout-api"], &["doctor"]] {
        let answer = Answer::of(&sim.url, command);
        assert_eq!(answer.code(), 253, "{answer}");
        assert!((answer.stderr() + &answer.stdout()).contains("expired"), "{answer}");
    }
}

fn interrupt(child: &mut Child, signal: Signal) -> Option<i32> {
    kill_process(Pid::from_child(child), signal).unwrap();
    child.wait().unwrap().code()
}

#[test]
fn the_server_ends_in_peace() {
    for signal in [Signal::INT, Signal::TERM] {
        let home = Home::new();
        let mut child = slsdash(&home).args(["sim", "--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().rsplit(':').next().unwrap().to_string();
        assert!(line.starts_with("listening on http://127.0.0.1:"), "{line}");
        let taken = within(&home, &["sim", "--port", &port]);
        fails(&taken, 253, "choose another --port");
        assert_eq!(interrupt(&mut child, signal), Some(0));
    }
}

#[test]
fn whoever_stops_reading_ends_it_quietly() {
    let home = Home::new();
    for arguments in [&["man"][..], &["keys"], &["config", "default"], &["completions", "zsh"]] {
        let mut child = slsdash(&home).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn traces_are_listed_and_one_of_them_drawn() {
    let sim = Sim::start("outage");
    let listed = Answer::of(&sim.url, &["traces", "--filter", "fault = true", "-o", "json"]).json();
    let traces = listed["traces"].as_array().unwrap();
    assert!(!traces.is_empty() && traces.iter().all(|trace| trace["hasFault"] == true));
    for field in
        ["id", "startTime", "duration", "responseTime", "hasFault", "hasError", "hasThrottle", "http", "annotations"]
    {
        assert!(traces[0].get(field).is_some(), "no {field} in {}", traces[0]);
    }
    let id = traces[0]["id"].as_str().unwrap();
    let trace = Answer::of(&sim.url, &["trace", id, "-o", "json"]).json();
    assert_eq!(trace["id"], id);
    let names: Vec<&str> = trace["segments"].as_array().unwrap().iter().filter_map(|s| s["name"].as_str()).collect();
    let drawn = Answer::of(&sim.url, &["trace", id]).stdout();
    assert!(names.iter().all(|name| drawn.contains(name)), "{names:?} in {drawn}");
    let missing = Answer::of(&sim.url, &["trace", "1-00000000-000000000000000000000000"]);
    assert_eq!((missing.code(), missing.stdout().as_str()), (254, ""), "{missing}");
    let wrong = Answer::of(&sim.url, &["traces", "--filter", "fault = = true"]);
    assert_eq!((wrong.code(), wrong.stdout().as_str()), (252, ""), "what can't be right is not sent: {wrong}");
}

#[test]
fn apis_say_what_is_cached_and_throttled() {
    let sim = Sim::start("calm");
    let apis = Answer::of(&sim.url, &["apis", "-o", "json"]).json();
    let apis = apis["apis"].as_array().unwrap();
    let kinds: BTreeSet<&str> = apis.iter().filter_map(|api| api["protocolType"].as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["HTTP", "REST", "WEBSOCKET"]));
    let stages: Vec<&Value> = apis.iter().flat_map(|api| api["stages"].as_array().unwrap()).collect();
    let cached = stages.iter().find(|stage| stage["cacheClusterEnabled"] == true).unwrap();
    assert_eq!(cached["cacheClusterStatus"], "AVAILABLE");
    assert!(cached["throttlingRateLimit"].is_f64() && cached["methodSettings"]["*/*"].is_object(), "{cached}");
    let table = Answer::of(&sim.url, &["apis"]).stdout();
    assert!(table.starts_with("API ") && table.lines().count() > apis.len(), "{table}");
    fault(&sim, "apigateway:GetRestApis", "deny");
    let half = Answer::of(&sim.url, &["apis"]);
    assert_eq!(half.code(), 254, "{half}");
    assert!(half.stdout().contains("WEBSOCKET") && half.stderr().contains("apigateway:GET"), "{half}");
}

#[test]
fn invoke_gives_answer_log_and_numbers_and_is_written_down() {
    let sim = Sim::start("calm");
    let home = Home::new();
    let answer =
        Answer::within(&home, &sim.url, &["invoke", "cart-api", "--payload", "{\"a\":1}", "-o", "json"]).json();
    let fields: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(
        fields,
        [
            "statusCode",
            "functionError",
            "executedVersion",
            "requestId",
            "durationMs",
            "billedDurationMs",
            "logTail",
            "payload"
        ]
    );
    assert_eq!(answer["statusCode"], 200);
    assert!(answer["durationMs"].as_f64() > Some(0.0) && answer["logTail"].is_string(), "{answer}");
    let audit = std::fs::read_to_string(home.state().join("slsdash/audit.jsonl")).unwrap();
    let lines: Vec<Value> = audit.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{audit}");
    assert_eq!((&lines[0]["event"], &lines[0]["function"]), (&json!("intent"), &json!("cart-api")));
    assert_eq!((&lines[1]["event"], &lines[1]["result"]), (&json!("result"), &json!("ok")));
    assert!(lines[0]["account"].as_str().is_some_and(|account| account.len() == 12), "{audit}");
    let event = Answer::within(&home, &sim.url, &["invoke", "cart-api", "--type", "event", "-o", "json"]).json();
    assert_eq!((&event["statusCode"], &event["payload"]), (&json!(202), &Value::Null));
    let text = Answer::within(&home, &sim.url, &["invoke", "cart-api"]);
    assert!(text.stderr().contains("status 200") && !text.stdout().is_empty(), "{text}");
    let missing = Answer::within(&home, &sim.url, &["invoke", "nonesuch"]);
    assert_eq!((missing.code(), missing.stdout().as_str()), (254, ""), "{missing}");
}

#[test]
fn an_invoke_whose_fate_is_unknown_is_not_sent_again() {
    let sim = Sim::start("calm");
    for kind in ["drop", "internal"] {
        door(&sim, "DELETE", "faults", &Value::Null);
        fault(&sim, "lambda:Invoke", kind);
        let before = calls_of(&sim, "Invoke");
        let answer = Answer::of(&sim.url, &["invoke", "cart-api"]);
        assert!([254, 255].contains(&answer.code()), "{answer}");
        assert_eq!(calls_of(&sim, "Invoke"), before + 1, "{kind}: {answer}");
    }
}

#[test]
fn writing_that_is_off_sends_nothing() {
    let sim = Sim::start("calm");
    let home = Home::new();
    let never = home.path().join("never.toml");
    std::fs::write(&never, "[profiles.default]\nwrites = \"never\"\n").unwrap();
    for flags in [&["--read-only"][..], &["--config", never.to_str().unwrap()]] {
        let arguments = [flags, &["invoke", "cart-api"][..]].concat();
        let answer = Answer::within(&home, &sim.url, &arguments);
        assert_eq!((answer.code(), answer.stdout().as_str()), (253, ""), "{answer}");
        assert!(answer.stderr().contains("nothing was sent"), "{answer}");
    }
    let unwritable = Home::new();
    std::fs::write(unwritable.state(), "a file where a folder should be").unwrap();
    let answer = Answer::within(&unwritable, &sim.url, &["invoke", "cart-api"]);
    assert_eq!(answer.code(), 253, "{answer}");
    assert!(answer.stderr().contains("audit file"), "{answer}");
    assert_eq!(calls_of(&sim, "Invoke"), 0);
}

#[test]
fn the_doctor_tries_every_permission_and_names_the_denied_ones() {
    let sim = Sim::start("calm");
    let well = Answer::of(&sim.url, &["doctor"]);
    assert_eq!(well.code(), 0, "{well}");
    for permission in PERMISSIONS.iter().filter(|permission| !permission.writes) {
        // Live Tail costs by the minute and a query by what it scans; one alias' configuration is asked only where the
        // list fails.
        let priced = ["logs:StartLiveTail", "logs:StartQuery", "logs:GetQueryResults", "logs:StopQuery"];
        // Where segments go to X-Ray there is nothing to retrieve.
        let of_search = ["GetIndexingRules", "StartTraceRetrieval", "ListRetrievedTraces", "CancelTraceRetrieval"];
        if of_search.iter().any(|operation| permission.action == format!("xray:{operation}")) {
            continue;
        }
        let untried = [&priced[..], &["lambda:GetProvisionedConcurrencyConfig", "sts:GetCallerIdentity"]].concat();
        let tried = well.stdout().contains(permission.action);
        assert!(tried || untried.contains(&permission.action), "{} is not tried: {well}", permission.action);
    }
    fault(&sim, "xray:*", "deny");
    fault(&sim, "lambda:ListTags", "deny");
    let ill = Answer::of(&sim.url, &["doctor"]);
    assert_eq!(ill.code(), 0, "what is dark does not keep the rest from working: {ill}");
    for action in ["xray:GetTraceSummaries", "xray:BatchGetTraces", "lambda:ListTags"] {
        assert!(ill.stdout().contains(&format!("{action} is denied")), "{ill}");
    }
    assert!(ill.stdout().contains("slsdash policy"), "{ill}");
}

#[test]
fn the_policy_allows_every_call_that_is_made() {
    let sim = Sim::start("outage");
    for command in [
        &["top", "--once"][..],
        &["apis"],
        &["traces"],
        &["logs", "checkout-api"],
        &["logs", "cart*"],
        &["doctor"],
        &["invoke", "cart-api"],
    ] {
        Answer::of(&sim.url, command);
    }
    for (service, operation, _) in calls(&sim) {
        let service = match service.as_str() {
            "apigatewayv2" => "apigateway",
            "tagging" => "tag",
            other => other,
        };
        let allowed = PERMISSIONS.iter().any(|permission| {
            permission.action.starts_with(&format!("{service}:")) && permission.operations.contains(&operation.as_str())
        });
        assert!(allowed, "{service} {operation} is made, and the policy does not have it");
    }
}

#[test]
fn the_log_is_for_its_owner_and_without_secrets() {
    use std::os::unix::fs::PermissionsExt;
    let sim = Sim::start("calm");
    let home = Home::new();
    let mut command = slsdash(&home);
    command.env("AWS_SECRET_ACCESS_KEY", "canary-of-a-secret").env("AWS_SESSION_TOKEN", "canary-of-a-token");
    let output = command.args(["--endpoint-url", &sim.url, "--log", "trace", "top", "--once"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let path = home.state().join("slsdash/slsdash.log");
    let log = std::fs::read_to_string(&path).unwrap();
    assert!(log.contains("slsdash starts"), "{log}");
    assert!(!log.contains("canary"), "{log}");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let everything = format!("{}{}", stdout(&output), stderr(&output));
    assert!(!everything.contains("canary"), "{everything}");
}

#[test]
fn a_command_that_is_not_the_dashboard_reads_no_key() {
    // `slsdash top` in a pipeline must leave standard input to whoever comes next.
    let home = Home::new();
    let mut child: Child = Command::new("sh")
        .args(["-c", "\"$0\" keys > /dev/null; cat", env!("CARGO_BIN_EXE_slsdash")])
        .env_clear()
        .envs(home.environment())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"left alone").unwrap();
    assert_eq!(stdout(&child.wait_with_output().unwrap()), "left alone");
}
