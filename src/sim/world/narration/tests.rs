use serde_json::Value;

use super::lines;
use crate::sim::world::Millis;
use crate::sim::world::World;
use crate::sim::world::invocation::{Invocation, Outcome};

const BORN: i64 = 1_763_726_400_000;

fn find(world: &World, function: &str, wanted: fn(&Invocation) -> bool) -> Invocation {
    let function = world.catalog.function_named(function).unwrap();
    let all = world.invocations(function, BORN - 10_800_000, BORN);
    all.into_iter().find(wanted).expect("three hours have one of each")
}

fn told(world: &World, invocation: &Invocation) -> Vec<String> {
    lines(world, invocation).into_iter().map(|line| line.message).collect()
}

#[test]
fn a_cold_start_in_text_has_its_init_its_frame_and_its_report() {
    let world = World::new("shop", 7, 0, BORN).unwrap();
    let one = find(&world, "image-resize", |one| one.init_ms.is_some() && one.outcome == Outcome::Success);
    let told = told(&world, &one);
    assert!(told[0].starts_with("INIT_START Runtime Version: python:3.12.v"), "{}", told[0]);
    assert_eq!(told[1], format!("START RequestId: {} Version: $LATEST", one.request_id));
    assert_eq!(told[told.len() - 2], format!("END RequestId: {}", one.request_id));
    let report: Vec<&str> = told[told.len() - 1].split('\t').collect();
    assert_eq!(report[0], format!("REPORT RequestId: {}", one.request_id));
    assert_eq!(report[1], format!("Duration: {:.2} ms", one.duration_ms));
    assert!(report[2].starts_with("Billed Duration: ") && report[3] == "Memory Size: 512 MB", "{report:?}");
    assert_eq!(report[5], format!("Init Duration: {:.2} ms", one.init_ms.unwrap()));
}

#[test]
fn failures_are_told_in_the_report_and_by_old_runtimes_also_before() {
    let world = World::new("shop", 7, 0, BORN).unwrap();
    let late = find(&world, "legacy-export", |one| one.outcome == Outcome::TimedOut);
    let all = told(&world, &late);
    assert!(all.iter().any(|line| line.contains("Task timed out after 30.00 seconds")));
    assert!(all.last().unwrap().contains("\tStatus: timeout"), "{all:?}");
    let full = find(&world, "image-resize", |one| one.outcome == Outcome::OutOfMemory);
    let report = told(&world, &full).pop().unwrap();
    assert!(
        report.contains("Max Memory Used: 512 MB") && report.contains("Status: error\tError Type: Runtime.OutOfMemory")
    );
}

#[test]
fn every_line_of_a_json_function_is_one_document_that_names_the_request() {
    let world = World::new("outage", 7, 0, BORN).unwrap();
    let failed = |one: &Invocation| matches!(one.outcome, Outcome::Error { .. }) && one.start > BORN - 300_000;
    for function in ["checkout-api", "payment-authorize", "email-sender"] {
        let one =
            if function == "email-sender" { find(&world, function, |_| true) } else { find(&world, function, failed) };
        let documents: Vec<Value> =
            told(&world, &one).iter().map(|line| serde_json::from_str(line).expect("a document")).collect();
        assert!(
            documents
                .iter()
                .all(|document| document.to_string().contains(&one.request_id)
                    || document["type"] == "platform.initStart")
        );
        let report = documents.last().unwrap();
        assert_eq!(report["type"], "platform.report");
        assert_eq!(report["record"]["status"], if one.outcome == Outcome::Success { "success" } else { "error" });
        if one.outcome != Outcome::Success {
            assert!(documents.iter().any(|document| document["level"] == "ERROR"), "{documents:?}");
        }
    }
}

#[test]
fn lines_come_in_time_and_some_are_late() {
    let world = World::new("shop", 7, 0, BORN).unwrap();
    let (mut late, mut all) = (0, 0);
    let functions = 0..world.catalog.functions.len();
    for one in functions.flat_map(|function| world.invocations(function, BORN - 600_000, BORN)) {
        let told = lines(&world, &one);
        assert!(told.windows(2).all(|pair| pair[0].timestamp <= pair[1].timestamp), "{told:?}");
        assert!(told.iter().all(|line| line.ingestion > line.timestamp));
        // Whoever walks the log by time looks so far around an invocation, and no further.
        let slack = crate::sim::services::logs::source::SLACK_MS;
        let begin = one.start - one.init_ms.unwrap_or(0.0).ceil() as Millis - slack;
        let end = one.start + one.duration_ms.ceil() as Millis + slack;
        assert!(told.iter().all(|line| (begin..=end).contains(&line.timestamp)), "{begin} {end} {told:?}");
        all += told.len();
        late += told.iter().filter(|line| line.ingestion - line.timestamp > 2_000).count();
    }
    assert!(late > 0 && late * 20 < all, "{late} of {all}");
}

#[test]
fn a_cold_start_from_a_snapshot_is_a_restore() {
    let world = World::new("calm", 7, 0, BORN).unwrap();
    let one = find(&world, "zip-lookup", |one| one.init_ms.is_some());
    assert_eq!((one.version, one.alias.as_deref()), (3, Some("live")), "SnapStart is for published versions");
    let restore = one.init_ms.unwrap();
    assert!((100.0..1200.0).contains(&restore), "{restore}");
    let all = told(&world, &one);
    assert!(all[0].starts_with("RESTORE_START Runtime Version: java:21.v"), "{}", all[0]);
    assert_eq!(all[1], format!("RESTORE_REPORT Restore Duration: {restore:.2} ms"));
    let report = all.last().unwrap();
    let billed = (restore * 0.3).ceil();
    let ending = format!("\tRestore Duration: {restore:.2} ms\tBilled Restore Duration: {billed} ms\t");
    assert!(report.ends_with(&ending) && !report.contains("Init Duration"), "{report}");
    assert!(report.contains(&format!("Billed Duration: {} ms", one.duration_ms.ceil() + billed)), "{report}");
    let warm = find(&world, "zip-lookup", |one| one.init_ms.is_none());
    assert!(told(&world, &warm)[0].starts_with("START"), "and it is warm in between");
}
