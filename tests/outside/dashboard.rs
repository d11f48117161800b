//! The dashboard of the real binary in a real terminal, on servers that we did not write.

use crate::pty::Terminal;
use crate::servers::{Seeded, Sim, ministack, moto};
use slsdash::text;
use std::time::{Duration, Instant};

/// The dashboard on a server, its window longer than the seeded history.
pub fn dashboard(server: &Seeded, more: &[&str]) -> Terminal {
    let mut arguments = vec!["--endpoint-url", server.url.as_str(), "--since", "3h"];
    arguments.extend(more);
    let terminal = Terminal::start(&arguments, 160, 48, &[]);
    terminal.wait_for(&server.account());
    terminal
}

/// The line of the screen on which a text stands.
fn line<'a>(screen: &'a str, of: &str) -> &'a str {
    screen.lines().find(|line| line.contains(of)).unwrap_or_else(|| panic!("{of} is not on the screen:\n{screen}"))
}

/// Leaves, and holds the program to its manners.
pub fn leave(mut terminal: Terminal) {
    terminal.send("q");
    terminal.assert_ends(0);
}

/// Closes the popup that shows this text. The next key must wait for it: Esc and a letter in one go are Alt and the letter.
fn escape(terminal: &mut Terminal, shown: &str) {
    terminal.send("\x1b");
    terminal.wait_gone(shown);
}

/// The Functions tab with that function alone in the table, and so selected.
pub fn select(terminal: &mut Terminal, function: &str) {
    terminal.send("2");
    terminal.wait_for(function);
    terminal.send("/");
    terminal.send(function);
    terminal.send("\r");
    let title = format!("Functions 1 of 13, worst first, /{function} ");
    terminal.wait_for(&title);
}

/// Says yes to the confirmation that is on the screen. It is deaf for a moment, so that nothing typed ahead answers it.
pub fn confirm(terminal: &mut Terminal, what: &str) {
    terminal
        .wait("the confirmation, with Cancel chosen", |screen| screen.contains(what) && screen.contains("[ Cancel ]"));
    loop {
        terminal.send("\t");
        let sent = Instant::now();
        // The header counts the seconds, so there is always a next look.
        let over = |screen: &str| screen.contains("[ Do it ]") || sent.elapsed() > Duration::from_secs(2);
        if terminal.wait("an answer to Tab", over).contains("[ Do it ]") {
            break;
        }
    }
    terminal.send("\r");
    terminal.wait_gone("[ Do it ]");
}

fn overview_says_what_is_wrong(server: &Seeded) {
    let mut terminal = dashboard(server, &[]);
    terminal.send("1");
    let worker = &server.functions()["shop-prod-payments-worker"];
    terminal.wait("the throttled function among the findings", |screen| {
        // The selected finding stands below in full.
        let times = format!("{} attempts", worker.throttles);
        screen.lines().any(|line| line.contains("shop-prod-payments-worker") && line.contains(&times))
    });
    terminal.wait("the alarm that rings", |screen| {
        screen.lines().any(|line| line.contains("shop-prod-payments-worker-throttles") && line.contains("ALARM"))
    });
    terminal.wait("every stage with its requests", |screen| {
        server.requests().iter().all(|(stage, requests)| {
            let total = text::count(*requests as f64);
            screen.lines().any(|line| {
                line.split_once(stage.as_str()).is_some_and(|(_, rest)| rest.split_whitespace().next() == Some(&total))
            })
        })
    });
    leave(terminal);
}

#[test]
fn the_overview_of_moto_says_what_is_wrong() {
    overview_says_what_is_wrong(moto());
}

#[test]
fn the_overview_of_ministack_says_what_is_wrong() {
    overview_says_what_is_wrong(ministack());
}

fn functions_stand_in_the_table(server: &Seeded) {
    let mut terminal = dashboard(server, &[]);
    terminal.send("2");
    let seeded = server.functions();
    let with_numbers = |screen: &str| {
        seeded.iter().all(|(name, right)| {
            let Some(row) = screen.lines().find(|line| line.contains(name.as_str())) else { return false };
            if name == "shop-dev-echo" || name == "shop-dev-canary" {
                return true;
            }
            let total = text::count(right.invocations as f64);
            row.split_whitespace().any(|word| word == total)
        })
    };
    terminal.wait("every function with its invocations", with_numbers);
    leave(terminal);
}

#[test]
fn the_functions_of_moto_stand_in_the_table_with_their_totals() {
    functions_stand_in_the_table(moto());
}

#[test]
fn the_functions_of_ministack_stand_in_the_table_with_their_totals() {
    functions_stand_in_the_table(ministack());
}

fn log_is_one_key_away(server: &Seeded) {
    let mut terminal = dashboard(server, &[]);
    select(&mut terminal, "shop-prod-orders-api");
    terminal.send("l");
    let screen = terminal.wait("lines of the function", |screen| {
        screen.contains("order loaded") && screen.contains("REPORT RequestId:")
    });
    assert!(line(&screen, "order loaded").contains("INFO") || screen.contains("level"), "{screen}");
    leave(terminal);
}

#[test]
fn the_log_of_a_function_of_moto_is_one_key_away() {
    log_is_one_key_away(moto());
}

#[test]
fn the_log_of_a_function_of_ministack_is_one_key_away() {
    log_is_one_key_away(ministack());
}

#[test]
fn a_line_logged_while_the_tail_is_open_appears() {
    let group = "/aws/lambda/shop-prod-search-indexer";
    let mut terminal = dashboard(moto(), &[]);
    select(&mut terminal, "shop-prod-search-indexer");
    terminal.send("l");
    terminal.wait_for("indexed document");
    moto().say(group, "just-now-said-by-the-test");
    terminal.wait_within(Duration::from_secs(60), "the line that was just logged", |screen| {
        screen.contains("just-now-said-by-the-test")
    });
    leave(terminal);
}

fn stages_show_their_settings(server: &Seeded) {
    let mut terminal = dashboard(server, &[]);
    terminal.send("5");
    terminal.wait("the three APIs", |screen| {
        ["shop-public", "shop-web", "shop-live"].iter().all(|name| screen.contains(name))
    });
    // At once, before any stage is known.
    terminal.send("/");
    terminal.send("stage:prod");
    terminal.send("\r");
    let requests = text::count(server.requests()["shop-public prod"] as f64);
    terminal.wait("the stage with its cache, its limits and its requests", |screen| {
        screen.lines().any(|row| {
            ["shop-public", " prod ", " 0.5 ", " 500/1000 ", &requests].iter().all(|word| row.contains(word))
        })
    });
    terminal.send("\r");
    for setting in ["500", "0.5", "ERROR", "300"] {
        terminal.wait_for(setting);
    }
    terminal.send("\t");
    terminal.wait("the one method that differs", |screen| {
        screen.lines().any(|row| row.contains("POST /checkout") && row.contains("50") && row.contains("100"))
    });
    leave(terminal);
}

#[test]
fn the_stages_of_moto_show_cache_limits_and_overrides() {
    stages_show_their_settings(moto());
}

#[test]
fn the_stages_of_ministack_show_cache_limits_and_overrides() {
    stages_show_their_settings(ministack());
}

#[test]
fn a_trace_of_moto_opens_as_a_waterfall_with_its_segments() {
    let mut terminal = dashboard(moto(), &[]);
    terminal.send("4");
    let traces = moto().traces();
    let shown = |screen: &str| traces.iter().filter(|trace| screen.contains(&trace.id[11..20])).count();
    terminal.wait("rows of the list", |screen| shown(screen) > 10 || screen.contains(&traces[0].id));
    let fault = traces.iter().find(|trace| trace.fault).expect("some of the seeded requests fail");
    terminal.send("/");
    terminal.send(&fault.id);
    terminal.send("\r");
    terminal.wait("one row", |screen| screen.contains(&fault.id[11..20]));
    terminal.send("\r");
    terminal.wait("the segments", |screen| {
        ["shop-public/prod", fault.function.as_str(), "DynamoDB", "payments.provider.example"]
            .iter()
            .all(|name| screen.contains(name))
    });
    leave(terminal);
}

#[test]
fn a_server_without_xray_darkens_its_own_tab_only() {
    let mut terminal = dashboard(ministack(), &[]);
    terminal.send("4");
    terminal.wait_for("GetTraceSummaries");
    terminal.send("2");
    terminal.wait_for("shop-prod-orders-api");
    terminal.send("!");
    terminal.wait_for("GetTraceSummaries");
    escape(&mut terminal, "GetTraceSummaries");
    leave(terminal);
}

#[test]
fn invoke_on_ministack_from_the_payload_editor_to_answer_and_log() {
    let mut terminal = dashboard(ministack(), &[]);
    select(&mut terminal, "shop-dev-echo");
    terminal.send("i");
    terminal.wait_for("Invoke shop-dev-echo");
    // The editor starts with `{}`: cut it, and type something that is no JSON half-way.
    terminal.send("\x0b");
    terminal.send(r#"{"orderId": "#);
    terminal.wait_for("not JSON");
    terminal.send(r#""o-9001"}"#);
    terminal.wait_gone("not JSON");
    terminal.send("\x13");
    confirm(&mut terminal, "Invoke shop-dev-echo");
    let screen =
        terminal.wait_within(Duration::from_secs(40), "the answer", |screen| screen.contains("log of this invocation"));
    for word in ["status 200", "succeeded", "statusCode", "handled", "o-9001"] {
        assert!(screen.contains(word), "{word} is missing:\n{screen}");
    }
    escape(&mut terminal, "log of this invocation");
    leave(terminal);
}

#[test]
fn a_function_that_fails_on_ministack_shows_its_error() {
    let mut terminal = dashboard(ministack(), &[]);
    select(&mut terminal, "shop-dev-echo");
    terminal.send("i");
    terminal.wait_for("Invoke shop-dev-echo");
    terminal.send("\x0b");
    terminal.send(r#"{"fail": "on purpose"}"#);
    terminal.wait_for("on purpose");
    terminal.send("\x13");
    confirm(&mut terminal, "Invoke shop-dev-echo");
    terminal.wait_within(Duration::from_secs(40), "the error and its log", |screen| {
        ["Unhandled", "errorMessage", "ValueError: on purpose"].iter().all(|word| screen.contains(word))
    });
    escape(&mut terminal, "Unhandled");
    leave(terminal);
}

#[test]
fn provisioned_concurrency_on_ministack_is_set_watched_until_ready_and_undone() {
    let mut terminal = dashboard(ministack(), &[]);
    select(&mut terminal, "shop-dev-canary");
    terminal.send("\r");
    terminal.wait("the aliases", |screen| screen.contains("Aliases and versions") && screen.contains("live"));
    terminal.send("P");
    terminal.wait_for("Provisioned concurrency of shop-dev-canary");
    terminal.send("4");
    let screen = terminal.wait("what it costs", |screen| screen.contains("an hour"));
    assert!(line(&screen, "keep ready:").contains('4'), "{screen}");
    terminal.send("\r");
    confirm(&mut terminal, "from none to 4");
    terminal.wait_within(Duration::from_secs(40), "READY", |screen| {
        screen.lines().any(|line| line.contains("provisioned 4") && line.contains("READY"))
    });
    terminal.send("U");
    confirm(&mut terminal, "Remove provisioned concurrency of shop-dev-canary");
    terminal.wait_within(Duration::from_secs(40), "gone again", |screen| {
        !screen.lines().any(|line| line.contains("provisioned 4"))
    });
    leave(terminal);
}

#[test]
fn read_only_refuses_at_the_one_door() {
    let mut terminal = dashboard(ministack(), &["--read-only"]);
    select(&mut terminal, "shop-dev-echo");
    terminal.wait_for("read-only");
    terminal.send("i");
    terminal.wait_for("Invoke shop-dev-echo");
    terminal.send("\x13");
    terminal.wait_for("refused");
    assert!(!terminal.screen().contains("[ Cancel ]"), "{}", terminal.screen());
    escape(&mut terminal, "goes on to the confirmation");
    leave(terminal);
}

#[test]
fn a_server_that_goes_away_leaves_what_was_known_and_says_so() {
    let sim = Sim::start("calm");
    let mut terminal = Terminal::start(&["--endpoint-url", &sim.url], 160, 48, &[]);
    terminal.send("2");
    terminal.wait_for("checkout-api");
    drop(sim);
    terminal.send("r");
    let screen =
        terminal.wait_within(Duration::from_secs(90), "that nobody answers", |screen| screen.contains("no answer"));
    assert!(screen.contains("checkout-api"), "what was known stays:\n{screen}");
    leave(terminal);
}
