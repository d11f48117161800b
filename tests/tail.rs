//! The tail against the world that it reads: whatever goes wrong on the way, what is shown is what there was.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use slsdash::app::interests::{Interests, Tail, TailGroup};
use slsdash::app::message::News;
use slsdash::model::log::{Gap, LogEvent, Missed};
use slsdash::model::trouble::Kind;
use slsdash::poll::Pace;
use slsdash::sim::faults::Fault;
use slsdash::sim::services::logs::{truth, written};
use slsdash::store::logs::LogStore;

use crate::embedded::Embedded;

const SCENARIOS: [&str; 6] = ["calm", "coldstart", "deploy", "outage", "shop", "throttle"];
const MINUTE: Duration = Duration::from_secs(60);
/// By then everything has been ingested, ms; and what came late has been looked for again.
const SETTLED: i64 = 30_000;

fn tail(groups: &[String]) -> Tail {
    let groups = groups.iter().map(|name| TailGroup { name: name.clone(), function: None }).collect();
    Tail { generation: 1, groups, since_s: 60, follow: true, ..Tail::default() }
}

fn wanting(tail: Tail) -> Interests {
    Interests { tail: Some(tail), ..Interests::default() }
}

/// The groups of functions in which most is written, the most first.
fn busiest(embedded: &Embedded, count: usize) -> Vec<String> {
    let (world, now) = (embedded.sim.world(), embedded.sim.now());
    let mut groups: Vec<(usize, String)> = Vec::new();
    for function in &world.catalog.functions {
        let group = function.log_group.clone();
        if groups.iter().all(|(_, known)| *known != group) {
            groups.push((truth(world, &group, now - 60_000, now, now).len(), group));
        }
    }
    groups.sort_by(|a, b| b.cmp(a));
    groups.into_iter().take(count).map(|(_, group)| group).collect()
}

/// What of the news is shown: the store that the program keeps, and what it took in.
#[derive(Default)]
struct Screen {
    store: LogStore,
    events: Vec<LogEvent>,
    gaps: Vec<Gap>,
    read_to: i64,
    live: Vec<bool>,
    sampled: u64,
}

impl Screen {
    fn take(&mut self, news: Vec<News>) {
        for told in news {
            match told {
                News::LogEvents { events, read_to, .. } => {
                    self.events.extend(events.iter().cloned());
                    self.store.accept(events);
                    self.read_to = self.read_to.max(read_to.timestamp_millis());
                }
                News::LogsFetched { events, rest, .. } => {
                    let events = self.store.missing_of(events);
                    self.events.extend(events.iter().cloned());
                    self.store.accept(events);
                    self.gaps.extend(rest);
                }
                News::LogGap { gap, .. } => self.gaps.push(gap),
                News::Live { since, sampled, .. } => {
                    self.live.push(since.is_some());
                    self.sampled = sampled;
                }
                _ => {}
            }
        }
    }

    fn ids_of<'a>(&'a self, group: &'a str) -> impl Iterator<Item = &'a str> {
        self.events.iter().filter(move |event| event.group == group).map(|event| event.id.as_str())
    }

    /// Each event of these groups is there once, from `begin` to a little before where all was read.
    fn is_the_truth(&self, embedded: &Embedded, groups: &[String], begin: i64, what: &str) {
        let end = self.read_to - SETTLED;
        for group in groups {
            let seen: Vec<&str> = self.ids_of(group).collect();
            let once: HashSet<&str> = seen.iter().copied().collect();
            assert_eq!(once.len(), seen.len(), "{what}: events of {group} came twice");
            let truth = truth(embedded.sim.world(), group, begin, end, embedded.sim.now());
            assert!(truth.len() > 10, "{what}: {group} has only {} events", truth.len());
            let missing = truth.iter().filter(|id| !once.contains(id.as_str())).count();
            assert_eq!(missing, 0, "{what}: of {} events of {group}", truth.len());
            let all: HashSet<String> = truth.into_iter().collect();
            let within = |event: &&LogEvent| event.group == *group && (begin..end).contains(&event.timestamp);
            assert!(self.events.iter().filter(within).all(|event| all.contains(&event.id)), "{what}: made up");
        }
    }

    /// The same where events have no id: by what they say, as often as they say it.
    fn says_the_truth(&self, embedded: &Embedded, group: &str, begin: i64, end: i64, what: &str) {
        let key = |event: &LogEvent| (event.timestamp, event.stream.clone(), event.message.clone());
        let mut counts: BTreeMap<_, i64> = BTreeMap::new();
        for event in self.events.iter().filter(|event| event.group == group) {
            if (begin..end).contains(&event.timestamp) {
                *counts.entry(key(event)).or_default() += 1;
            }
        }
        let mut total = 0;
        for event in told_by_the_service(embedded, group, begin, end) {
            *counts.entry(key(&event)).or_default() -= 1;
            total += 1;
        }
        assert!(total > 10, "{what}: only {total} events");
        let wrong: Vec<_> = counts.iter().filter(|(_, count)| **count != 0).take(5).collect();
        assert!(wrong.is_empty(), "{what}: of {total} events, missing (-) or too many (+): {wrong:?}");
    }
}

/// All that the service has of a stretch, by the simulator's own walk and not by its pages.
fn told_by_the_service(embedded: &Embedded, group: &str, begin: i64, end: i64) -> Vec<LogEvent> {
    let plain = |event: slsdash::sim::services::logs::event::Event| LogEvent {
        timestamp: event.key.timestamp,
        stream: event.stream,
        message: event.message,
        ..LogEvent::default()
    };
    written(embedded.sim.world(), group, begin, end, embedded.sim.now()).into_iter().map(plain).collect()
}

/// What a bad day has in store for the service, one thing after the other, each for as long as it lasts.
const BAD_DAY: [(&str, Fault, u64); 6] = [
    ("logs:*", Fault::Throttle, 7),
    ("logs:*", Fault::Drop, 11),
    ("logs:*", Fault::Truncate, 5),
    ("logs:*", Fault::Internal, 3),
    ("logs:*", Fault::Garbage, 2),
    ("logs:*", Fault::Latency(Duration::from_millis(700)), 40),
];

#[tokio::test(start_paused = true)]
async fn what_is_shown_is_what_there_was_in_every_scenario_on_a_bad_day() {
    for scenario in SCENARIOS {
        let embedded = Embedded::start(scenario).await;
        let begin = embedded.clock.millis() - 60_000;
        let groups = busiest(&embedded, 2);
        let mut polling = embedded.poll(wanting(tail(&groups)), Pace::default());
        let mut screen = Screen::default();
        for (operations, fault, times) in BAD_DAY {
            embedded.sim.faults().inject_times(operations, fault, times);
            screen.take(polling.news_for(MINUTE / 4).await);
        }
        embedded.sim.faults().clear();
        // Whatever back-off there is, and a sweep for what came late.
        screen.take(polling.news_for(2 * MINUTE).await);
        assert_eq!(screen.gaps, [], "{scenario}");
        screen.is_the_truth(&embedded, &groups, begin, scenario);
    }
}

#[tokio::test(start_paused = true)]
async fn one_denied_and_one_unreadable_group_leave_the_others_alone() {
    let embedded = Embedded::start("shop").await;
    let begin = embedded.clock.millis() - 60_000;
    let readable = busiest(&embedded, 2);
    let mut groups = readable.clone();
    groups.push("/aws/apigateway/storefront-access".into());
    groups.push("/aws/lambda/nobody-is-called-so".into());
    let mut polling = embedded.poll(wanting(tail(&groups)), Pace::default());
    let news = polling.news_for(3 * MINUTE).await;
    let troubles: BTreeMap<String, (Kind, String)> = news
        .iter()
        .filter_map(|told| match told {
            News::TailTrouble { group, trouble: Some(trouble), .. } => {
                Some((group.clone(), (trouble.kind, trouble.sentence())))
            }
            _ => None,
        })
        .collect();
    assert_eq!(troubles.len(), 2, "{troubles:?}");
    let (kind, said) = &troubles["/aws/apigateway/storefront-access"];
    assert_eq!(*kind, Kind::Invalid);
    assert!(said.contains("Infrequent Access") && said.contains("Logs Insights reads it"), "{said}");
    assert_eq!(troubles["/aws/lambda/nobody-is-called-so"].0, Kind::Missing);
    let mut screen = Screen::default();
    screen.take(news);
    screen.is_the_truth(&embedded, &readable, begin, "the others");
}

#[tokio::test(start_paused = true)]
async fn what_was_shown_once_is_read_again_when_it_is_asked_for() {
    let embedded = Embedded::start("shop").await;
    let now = embedded.clock.millis();
    let readable = busiest(&embedded, 2);
    let mut groups = readable.clone();
    groups.push("/aws/apigateway/storefront-access".into());
    let mut polling = embedded.poll(wanting(tail(&groups)), Pace::default());
    let mut screen = Screen::default();
    screen.take(polling.news_for(Duration::from_secs(20)).await);
    // The store has dropped all of it, say: whoever scrolls back wants it once more, denied groups or not.
    polling.want(|interests| interests.tail.as_mut().expect("a tail").older_than = Some(now));
    let news = polling.news_for(Duration::from_secs(5)).await;
    let older = news.into_iter().find_map(|told| match told {
        News::OlderLogEvents { events, read_from, .. } => Some((events, read_from.timestamp_millis())),
        _ => None,
    });
    let (events, read_from) = older.expect("older events");
    let shown: HashSet<&str> = screen.events.iter().map(|event| event.id.as_str()).collect();
    assert!(events.iter().any(|event| shown.contains(event.id.as_str())), "what was shown before is among them");
    for group in &readable {
        let ids: HashSet<&str> = events.iter().filter(|e| e.group == *group).map(|e| e.id.as_str()).collect();
        let truth = truth(embedded.sim.world(), group, read_from, now, embedded.sim.now());
        assert_eq!(truth.iter().filter(|id| !ids.contains(id.as_str())).count(), 0, "{group}");
    }
    // ... and the tail does not tell it a second time.
    let mut after = Screen::default();
    after.take(polling.news_for(2 * MINUTE).await);
    let told: HashSet<&str> = events.iter().map(|event| event.id.as_str()).chain(shown).collect();
    assert!(after.events.iter().all(|event| !told.contains(event.id.as_str())));
}

#[tokio::test(start_paused = true)]
async fn a_live_tail_that_breaks_again_and_again_loses_and_doubles_nothing() {
    let embedded = Embedded::start("shop").await;
    let begin = embedded.clock.millis() - 60_000;
    let groups = busiest(&embedded, 3);
    let mut polling = embedded.poll(wanting(Tail { live: true, ..tail(&groups) }), Pace::default());
    let mut screen = Screen::default();
    screen.take(polling.news_for(MINUTE).await);
    assert_eq!(screen.live, [true], "one session, and it stays open");
    let asked = |embedded: &Embedded| embedded.sim.ledger().count("logs", "FilterLogEvents");
    let before = asked(&embedded);
    screen.take(polling.news_for(MINUTE).await);
    assert_eq!(asked(&embedded), before, "nothing is polled that the session brings");
    for fault in [Fault::Drop, Fault::Hang, Fault::Internal, Fault::Truncate] {
        embedded.sim.faults().inject_times("logs:LiveTailUpdate", fault, 1);
        screen.take(polling.news_for(MINUTE).await);
    }
    // Back to FilterLogEvents, and to Live Tail once more.
    polling.want(|interests| interests.tail.as_mut().expect("a tail").live = false);
    screen.take(polling.news_for(MINUTE).await);
    assert_eq!(screen.live.last(), Some(&false));
    polling.want(|interests| interests.tail.as_mut().expect("a tail").live = true);
    screen.take(polling.news_for(2 * MINUTE).await);
    assert_eq!(screen.live.last(), Some(&true));
    assert_eq!(embedded.sim.ledger().count("logs", "StartLiveTail"), 6, "opened once for each time that it broke");
    assert_eq!((screen.sampled, screen.gaps.as_slice()), (0, [].as_slice()));
    let end = screen.read_to - SETTLED;
    for group in &groups {
        screen.says_the_truth(&embedded, group, begin, end, "live");
    }
}

#[tokio::test(start_paused = true)]
async fn after_three_hours_a_live_tail_is_opened_again_for_somebody_only() {
    use slsdash::app::interests::Tempo;
    let embedded = Embedded::start("calm").await;
    // One that says little: three hours of it are computed here.
    let group = vec!["/aws/lambda/keep-warm".to_string()];
    let mut polling = embedded.poll(wanting(Tail { live: true, ..tail(&group) }), Pace::default());
    let sessions = |embedded: &Embedded| embedded.sim.ledger().count("logs", "StartLiveTail");
    polling.news_for(MINUTE).await;
    polling.want(|interests| interests.tempo = Tempo::Idle);
    let mut screen = Screen::default();
    screen.take(polling.news_for(182 * MINUTE).await);
    assert_eq!((screen.live.last(), sessions(&embedded)), (Some(&false), 1), "it is paid by the minute");
    polling.want(|interests| interests.tempo = Tempo::Normal);
    screen.take(polling.news_for(MINUTE).await);
    assert_eq!((screen.live.last(), sessions(&embedded)), (Some(&true), 2));
    polling.want(|interests| interests.tempo = Tempo::Paused);
    screen.take(polling.news_for(MINUTE).await);
    assert_eq!(screen.live.last(), Some(&false), "paused is not paid for");
}

#[tokio::test(start_paused = true)]
async fn five_thousand_events_a_second_are_kept_up_with() {
    let embedded = Embedded::start("flood").await;
    let begin = embedded.clock.millis();
    let groups = vec!["/aws/lambda/order-projection".to_string()];
    let from_now = Tail { since_s: 0, ..tail(&groups) };
    // Two fifths of the ten calls a second that most regions grant; a page here holds a twentieth of one there.
    let tail = Duration::from_secs(3);
    let pace = Pace { filter_rate: Some(0.4 * 10.0 * 20.0), tail, ..Pace::default() };
    let mut polling = embedded.poll(wanting(from_now), pace);
    let mut screen = Screen::default();
    for _ in 0..3 {
        screen.take(polling.news_for(Duration::from_secs(4)).await);
        let behind = embedded.clock.millis() - screen.read_to;
        assert!(behind < 6_000, "behind by {behind} ms");
    }
    // What comes late is looked for before the next flood begins.
    screen.take(polling.news_for(Duration::from_secs(45)).await);
    assert_eq!(screen.gaps, []);
    let (world, now) = (embedded.sim.world(), embedded.sim.now());
    let rate = truth(world, &groups[0], begin, begin + 9_000, now).len() / 9;
    assert!(rate >= 5_000, "only {rate} events a second");
    screen.read_to = begin + 10_000 + SETTLED;
    screen.is_the_truth(&embedded, &groups, begin, "flood");
}

#[tokio::test(start_paused = true)]
async fn what_live_tail_samples_away_is_marked_and_can_be_read() {
    let embedded = Embedded::start("flood").await;
    let begin = embedded.clock.millis();
    let group = "/aws/lambda/order-projection".to_string();
    let live = Tail { live: true, since_s: 0, ..tail(std::slice::from_ref(&group)) };
    let mut polling = embedded.poll(wanting(live), Pace::default());
    let mut screen = Screen::default();
    screen.take(polling.news_for(Duration::from_secs(6)).await);
    polling.want(|interests| interests.tail.as_mut().expect("a tail").live = false);
    screen.take(polling.news_for(Duration::from_secs(30)).await);
    assert!(screen.sampled >= 4, "{}", screen.sampled);
    let gaps = std::mem::take(&mut screen.gaps);
    assert!(!gaps.is_empty() && gaps.iter().all(|gap| gap.why == Missed::Sampled), "{gaps:?}");
    for gap in gaps {
        assert_eq!(gap.group.as_ref(), Some(&group));
        polling.want(|interests| interests.tail.as_mut().expect("a tail").fetch = Some(gap.clone()));
        screen.take(polling.news_for(Duration::from_secs(30)).await);
        polling.want(|interests| interests.tail.as_mut().expect("a tail").fetch = None);
        screen.take(polling.news_for(Duration::from_secs(1)).await);
    }
    assert_eq!(screen.gaps, [], "all of it could be read");
    screen.says_the_truth(&embedded, &group, begin, begin + 5_000, "sampled");
}
