use super::tally::MINUTE;
use super::*;
use std::time::Instant;

const BORN: Millis = 29_833_333 * MINUTE;

#[test]
fn numbers() {
    for scenario in Scenario::names().chain(["calm"]) {
        let begin = Instant::now();
        let world = World::new(scenario, 7, 0, BORN).unwrap();
        let mut slow = 0;
        for minute in -15..5 {
            let at = BORN + minute * MINUTE;
            let t = Instant::now();
            let fleet = world.fleet_tally(at);
            let took = t.elapsed().as_millis();
            slow = slow.max(took);
            print!(
                "{scenario} {minute}: inv {} err {} thr {} conc {} unres {} claimed {} spill {} pc {} drop {} [{took} ms] |",
                fleet.invocations,
                fleet.errors,
                fleet.throttles,
                fleet.concurrency,
                fleet.unreserved,
                fleet.claimed,
                fleet.spillover,
                fleet.provisioned,
                fleet.async_dropped
            );
            for f in 0..world.catalog.functions.len() {
                let t = world.tally(f, at, None);
                if t.throttles > 0
                    || t.spillover > 0
                    || t.async_dropped > 0
                    || scenario.contains("-") && t.concurrency() > 5
                    || t.iterator_ages.iter().any(|a| *a > 2000.0)
                {
                    print!(
                        " {}: i{} t{} c{} sp{} e{} d{} ic{} it{:.0} aa{:.0}",
                        world.catalog.functions[f].name,
                        t.invocations,
                        t.throttles,
                        t.concurrency(),
                        t.spillover,
                        t.errors,
                        t.async_dropped,
                        t.inits.len(),
                        t.iterator_ages.iter().fold(0.0f64, |a, b| a.max(*b)),
                        t.async_ages.iter().fold(0.0f64, |a, b| a.max(*b))
                    );
                }
            }
            if scenario == "throttle-queue" {
                print!(" {:?}", world.queue_tally(2, at));
            }
            println!();
        }
        println!("{scenario} TOTAL {} ms, slowest {slow}", begin.elapsed().as_millis());
    }
}
