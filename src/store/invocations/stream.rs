//! One log stream: the attempts that ran on it, and the lines on it that give no request id.

use super::attempt::{Attempt, FromLoose, NEVER, bits};
use super::names::Names;
use super::timeline::Timeline;
use crate::model::line::Kind;
use crate::model::log::writer;

/// Moments of lines without a request id count from here, 2015-01-01: so they and what the line tells fit into 8 bytes.
const EPOCH: i64 = 1_420_070_400_000;
/// How many attempts before and after one may overlap with it.
const NEAR: usize = 8;

/// What a line without a request id tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loose {
    /// Nothing but that it was written.
    Plain,
    /// The function logged an error.
    Error,
    /// The runtime tells what the handler raised.
    Raised,
    TimedOut,
    Exited,
    Killed,
}

const ALL: [Loose; 6] = [Loose::Plain, Loose::Error, Loose::Raised, Loose::TimedOut, Loose::Exited, Loose::Killed];

/// A line of an init or a restore.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Init {
    at: i64,
    kind: Kind,
    ms: f32,
}

/// One log stream.
#[derive(Debug, Default)]
pub struct Stream {
    pub function: u16,
    pub version: u16,
    /// Named as Lambda names its own.
    lambda: bool,
    /// The platform has written to it: a request id that it never named is of something else.
    pub platform: bool,
    pub attempts: Timeline,
    loose: Vec<u64>,
    sorted: usize,
    inits: Vec<Init>,
    /// Moments between which something has changed.
    pub dirty: Option<(i64, i64)>,
}

impl Stream {
    /// What the names of a stream and its group tell.
    pub fn of(group: &str, stream: &str, names: &mut Names) -> Stream {
        let (function, version) = writer(group, stream);
        Stream {
            function: names.number(function),
            version: version.map_or(0, |version| names.number(version)),
            lambda: group.starts_with("/aws/lambda/") || version.is_some(),
            ..Stream::default()
        }
    }

    /// Invocations write to it.
    pub fn is_lambda(&self) -> bool {
        self.lambda || self.platform
    }

    /// Something has changed between two moments; whether that is news.
    pub fn touch(&mut self, from: i64, to: i64) -> bool {
        let news = self.dirty.is_none();
        self.dirty = Some(self.dirty.map_or((from, to), |(low, high)| (low.min(from), high.max(to))));
        news
    }

    pub fn take_init(&mut self, at: i64, kind: Kind, ms: Option<f64>) {
        self.inits.push(Init { at, kind, ms: ms.map_or(f32::NAN, |ms| ms as f32) });
        self.touch(at, at);
    }

    pub fn take_loose(&mut self, at: i64, told: Loose, error: u16) {
        let moment = at.saturating_sub(EPOCH).clamp(0, (1 << 40) - 1) as u64;
        let packed = moment << 24 | (told as u64) << 16 | u64::from(error);
        if self.sorted == self.loose.len() && self.loose.last().is_none_or(|last| *last <= packed) {
            self.sorted += 1;
        }
        self.loose.push(packed);
        let at = at_of(packed);
        self.touch(at, at);
    }

    /// Attributes lines without a request id anew where something has changed; whether errors are among them.
    pub fn settle(&mut self, all: &mut [Attempt]) -> bool {
        let Some((low, high)) = self.dirty.take() else { return false };
        self.attempts.settle(|slot| all[slot as usize].start(), |slot| all[slot as usize].request.0);
        if self.sorted < self.loose.len() {
            let least = self.loose[self.sorted..].iter().copied().min().unwrap_or_default();
            let from = self.loose[..self.sorted].partition_point(|known| *known <= least);
            self.loose[from..].sort_unstable();
            self.sorted = self.loose.len();
        }
        self.inits.sort_by(|a, b| (a.at, a.kind as u8).cmp(&(b.at, b.kind as u8)).then(a.ms.total_cmp(&b.ms)));
        let entries = self.attempts.entries();
        // The one before may have been running until then; the one behind has its init there.
        let first = entries.partition_point(|(start, _)| *start < low).saturating_sub(1);
        let last = (entries.partition_point(|(start, _)| *start <= high) + 1).min(entries.len()).max(first);
        let has_errors = |all: &[Attempt]| {
            entries[first..last]
                .iter()
                .map(|(_, slot)| &all[*slot as usize].loose)
                .any(|loose| loose.errors > 0 || loose.bits != 0)
        };
        let before = has_errors(all);
        for place in first..last {
            let alone = self.is_alone(place, all);
            all[entries[place].1 as usize].loose = FromLoose { alone, ..FromLoose::default() };
        }
        self.attribute(first, last, all);
        before || has_errors(all)
    }

    /// The last moment of an attempt.
    fn end(&self, place: usize, all: &[Attempt]) -> i64 {
        let entries = self.attempts.entries();
        let one = &all[entries[place].1 as usize];
        if one.report.at != NEVER {
            one.report.at
        } else if one.ends > 0 {
            one.last
        } else {
            // Without an end it ran until the next one began.
            entries.get(place + 1).map_or(i64::MAX, |(start, _)| *start)
        }
    }

    fn is_alone(&self, place: usize, all: &[Attempt]) -> bool {
        let entries = self.attempts.entries();
        let (start, end) = (entries[place].0, self.end(place, all));
        // START and REPORT are rounded to milliseconds.
        let before = (place.saturating_sub(NEAR)..place).all(|other| self.end(other, all) <= start.saturating_add(1));
        before && entries[place + 1..].first().is_none_or(|(next, _)| *next >= end.saturating_sub(1))
    }

    fn attribute(&self, first: usize, last: usize, all: &mut [Attempt]) {
        let entries = self.attempts.entries();
        if first >= last {
            return;
        }
        // Up to here everything is of those before.
        let done = first.checked_sub(1).map(|before| self.end(before, all).min(entries[first].0.saturating_sub(1)));
        let to = entries.get(last).map_or(i64::MAX, |(start, _)| *start);
        let inits = self.inits.partition_point(|init| done.is_some_and(|done| init.at <= done));
        let loose = self.loose.partition_point(|packed| done.is_some_and(|done| at_of(*packed) <= done));
        let mut place = first;
        for init in self.inits[inits..].iter().take_while(|init| init.at < to) {
            while place + 1 < last && entries[place + 1].0 <= init.at {
                place += 1;
            }
            let Some(owner) = self.owner(place, init.at, true, all).filter(|owner| (first..last).contains(owner))
            else {
                continue;
            };
            let mine = &mut all[entries[owner].1 as usize].loose;
            match init.kind {
                Kind::InitReport => mine.init_ms = init.ms,
                Kind::RestoreReport => {
                    mine.init_ms = init.ms;
                    mine.bits |= bits::RESTORED;
                }
                _ if mine.init_at == NEVER => mine.init_at = init.at,
                _ => {}
            }
        }
        place = first;
        for packed in &self.loose[loose..] {
            let at = at_of(*packed);
            if at >= to {
                break;
            }
            while place + 1 < last && entries[place + 1].0 <= at {
                place += 1;
            }
            let told = ALL[(packed >> 16 & 0xff) as usize];
            let Some(owner) =
                self.owner(place, at, told == Loose::Raised, all).filter(|owner| (first..last).contains(owner))
            else {
                continue;
            };
            let one = &mut all[entries[owner].1 as usize];
            // What is raised between two attempts is of the init of the next, or of nobody.
            let in_init = (NEVER + 1..=at).contains(&one.loose.init_at);
            if !one.loose.alone || at < entries[owner].0 && !in_init {
                continue;
            }
            let mine = &mut one.loose;
            mine.lines += 1;
            mine.errors += u32::from(matches!(told, Loose::Error | Loose::Raised));
            mine.bits |= match told {
                Loose::Plain | Loose::Error => 0,
                Loose::Raised => bits::FAILED,
                Loose::TimedOut => bits::TIMED_OUT,
                Loose::Exited => bits::EXITED,
                Loose::Killed => bits::KILLED,
            };
            if told == Loose::Raised {
                mine.error = (packed & 0xffff) as u16;
            }
        }
    }

    /// Whose a line at a moment is, `place` being the last attempt that started before it.
    fn owner(&self, place: usize, at: i64, of_init: bool, all: &[Attempt]) -> Option<usize> {
        let start = self.attempts.entries()[place].0;
        if at < start {
            return of_init.then_some(place);
        }
        if at <= self.end(place, all) { Some(place) } else { of_init.then_some(place + 1) }
    }

    /// Whose a line without a request id is.
    pub fn owner_of(&self, at: i64, all: &[Attempt]) -> Option<u32> {
        let entries = self.attempts.entries();
        let behind = entries.partition_point(|(start, _)| *start <= at);
        let owner = match behind.checked_sub(1) {
            Some(place) => self.owner(place, at, true, all)?,
            None => 0,
        };
        let slot = entries.get(owner)?.1;
        let loose = &all[slot as usize].loose;
        let in_init = (NEVER + 1..=at).contains(&loose.init_at);
        (loose.alone && (at >= entries[owner].0 || in_init)).then_some(slot)
    }

    /// Leaves out attempts that are forgotten and the lines before a moment; says how many lines.
    pub fn forget(&mut self, all: &[Attempt], horizon: i64) -> usize {
        self.attempts.retain(|slot| !all[slot as usize].gone);
        let lines = self.loose[..self.sorted].partition_point(|packed| at_of(*packed) < horizon);
        self.loose.drain(..lines);
        self.sorted -= lines;
        self.inits.retain(|init| init.at >= horizon);
        lines
    }

    /// Leaves out the older half of the lines; says how many are left.
    pub fn keep_half(&mut self) -> usize {
        let half = self.sorted / 2;
        self.loose.drain(..half);
        self.sorted -= half;
        self.loose.len()
    }
}

fn at_of(packed: u64) -> i64 {
    (packed >> 24) as i64 + EPOCH
}
