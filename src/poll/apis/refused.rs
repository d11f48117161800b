//! How many requests a stage refused with 429, from its access log: no metric tells these from the other 4xx.

use std::collections::HashMap;

use crate::app::interests::RefusedQuery;
use crate::aws::logs::{self, Wanted};
use crate::model::access_log::Format;
use crate::model::api::Refused;
use crate::model::trouble::{Kind, Trouble};
use crate::poll::desk::{Closed, Desk};
use crate::time::Moment;

/// As far back as is read.
const BACK: i64 = 15 * 60 * 1000;
/// Pages at most, of up to ten thousand lines each; once a minute, which is a small part of our share of the calls.
const PAGES: usize = 10;
/// Too many requests.
const STATUS: u16 = 429;

/// One pass over the last minutes.
pub(super) async fn count(desk: &Desk, query: &RefusedQuery) -> Result<Result<Refused, Trouble>, Closed> {
    let Some(format) = Format::read(&query.format) else {
        let why = "the access log's format has no $context.status";
        return Ok(Err(Trouble::new(Kind::Invalid, "logs:FilterLogEvents", why)));
    };
    let to = desk.service_millis();
    let wanted = Wanted {
        group: query.group.clone(),
        pattern: format.pattern(STATUS),
        from: to - BACK,
        to: Some(to),
        limit: None,
    };
    let mut tally = Tally::default();
    let (mut token, mut capped) = (None, true);
    for _ in 0..PAGES {
        desk.pass("logs", 1).await;
        let answer = logs::page(&desk.account, &wanted, token.clone()).await;
        desk.note("logs", &answer).await?;
        match answer {
            Ok((events, next)) => {
                events.iter().for_each(|event| tally.take(&format, &event.message));
                if next.is_none() || next == token {
                    capped = false;
                    break;
                }
                token = next;
            }
            Err(trouble) => return Ok(Err(trouble)),
        }
    }
    let moment = Moment::from_timestamp_millis;
    Ok(Ok(tally.refused(moment(to - BACK), moment(to), capped)))
}

#[derive(Default)]
struct Tally {
    refused: u64,
    kinds: HashMap<String, u64>,
    routes: HashMap<String, u64>,
    keys: HashMap<String, u64>,
}

impl Tally {
    fn take(&mut self, format: &Format, line: &str) {
        let entry = format.entry(line);
        if entry.status != Some(STATUS) {
            return;
        }
        self.refused += 1;
        let counts = [&mut self.kinds, &mut self.routes, &mut self.keys];
        for (counts, value) in counts.into_iter().zip([entry.kind, entry.route, entry.key]) {
            if let Some(value) = value {
                *counts.entry(value).or_default() += 1;
            }
        }
    }

    fn refused(self, from: Option<Moment>, to: Option<Moment>, capped: bool) -> Refused {
        let most_first = |counts: HashMap<String, u64>| {
            let mut counts: Vec<_> = counts.into_iter().collect();
            counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            counts
        };
        Refused {
            from,
            to,
            refused: self.refused,
            capped,
            kinds: most_first(self.kinds),
            routes: most_first(self.routes),
            keys: most_first(self.keys),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_another_status_that_the_pattern_took_are_not_counted() {
        let format = Format::read("$context.status $context.responseLength $context.routeKey").unwrap();
        let mut tally = Tally::default();
        for line in ["429 12 GET /a", "200 429 GET /a", "429 12 GET /b", "429 12 GET /a", "429"] {
            tally.take(&format, line);
        }
        let refused = tally.refused(None, None, true);
        assert_eq!(refused.refused, 3);
        assert!(refused.capped && refused.kinds.is_empty());
        assert_eq!(refused.routes, [("GET /a".to_string(), 2), ("GET /b".to_string(), 1)]);
    }
}
