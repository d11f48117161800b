//! The one table of commands: dispatch, help, footer, palette, `[keys]`, `slsdash keys` and the README are read from it.

/// What a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // the table below has a sentence for each
pub enum Action {
    Overview,
    Functions,
    Logs,
    Traces,
    Apis,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    First,
    Last,
    Open,
    Back,
    NextPanel,
    PreviousPanel,
    Palette,
    Filter,
    Help,
    SeeLogs,
    SeeTraces,
    SeeMetrics,
    Invoke,
    Actions,
    Provision,
    RemoveProvision,
    Reserve,
    SwitchOff,
    MoveAlias,
    RollBack,
    SwitchEventSource,
    MethodSettings,
    StageCache,
    FlushCache,
    SwitchTracing,
    ShiftCanary,
    PromoteCanary,
    PlanLimits,
    Undo,
    Copy,
    CopyMenu,
    FoldAll,
    UnfoldAll,
    FilterByValue,
    ToggleColumn,
    Columns,
    GroupBy,
    Rank,
    Console,
    Sort,
    SortReverse,
    LongerWindow,
    ShorterWindow,
    Follow,
    Wrap,
    NextError,
    PreviousError,
    LevelUp,
    Export,
    Insights,
    StackFilter,
    InContext,
    NextOfInvocation,
    PreviousOfInvocation,
    GoToTime,
    Jq,
    Times,
    Fold,
    LiveTail,
    Histogram,
    Brush,
    BrushEnd,
    QuickFilter,
    AllLogs,
    NextMatch,
    PreviousMatch,
    CriticalPath,
    Earlier,
    Later,
    AsTable,
    Compare,
    LoadMore,
    Snooze,
    Snoozed,
    ServerFilter,
    Pause,
    Refresh,
    Errors,
    Mouse,
    Redraw,
    Suspend,
    Quit,
    Confirm,
    Send,
    SwitchField,
    Templates,
    SavedPayloads,
    Editor,
    Answers,
    Rerun,
    EditPayload,
    Mark,
    DropPayload,
}

/// Where a command listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Everywhere but in popups and text fields.
    Anywhere,
    /// The Overview tab.
    Overview,
    /// The function table.
    Functions,
    /// The list of the function table's columns.
    Columns,
    /// One function's detail.
    Function,
    /// The tail.
    Logs,
    /// The list of invocations that the log tells of.
    Invocations,
    /// The list of errors that the log tells of.
    Errors,
    /// The rows of a Logs Insights query.
    Insights,
    /// The brush in the tail's histogram.
    Histogram,
    /// The trace list.
    Traces,
    /// One trace's waterfall.
    Trace,
    /// Services and how they call each other.
    ServiceMap,
    /// What traces have in common.
    TraceStatistics,
    /// Groups and sampling rules.
    Sampling,
    /// APIs and their stages.
    Apis,
    /// A popup with a list (help, errors, action menu).
    Popup,
    /// One log line, as a tree or as text.
    Line,
    /// The palette's and the filter's text field.
    Prompt,
    /// Forms.
    Form,
    /// The payload editor: a form.
    Payload,
    /// A list of payloads to choose from: a popup.
    Payloads,
    /// The answer to an invoke: a popup.
    Answer,
    /// Answers of before: a popup.
    Answers,
    /// The confirmation of a change.
    Confirmation,
}

/// A row of the table.
pub struct Command {
    /// What it does.
    pub action: Action,
    /// Its name in the palette, in `[keys]` and in `slsdash keys`.
    pub name: &'static str,
    /// Default chords, in crokey's spelling; the first is the one that the footer shows.
    pub keys: &'static [&'static str],
    /// Where it listens.
    pub places: &'static [Place],
    /// 1 is the first to stand in the footer, 0 never does.
    pub priority: u8,
    /// Word in the footer.
    pub label: &'static str,
    /// One sentence for help.
    pub sentence: &'static str,
    /// Changes the account (through the confirmation).
    pub changes: bool,
}

use Place::{
    Anywhere, Apis, Confirmation, Form, Function, Functions, Insights, Line, Logs, Overview, Popup, Prompt, ServiceMap,
    Trace, TraceStatistics, Traces,
};

const SELECTION: &[Place] = &[
    Overview,
    Functions,
    Function,
    Logs,
    Place::Invocations,
    Place::Errors,
    Insights,
    Traces,
    Trace,
    ServiceMap,
    TraceStatistics,
    Apis,
];
const SELECTION_AND_LINE: &[Place] = &[
    Overview,
    Functions,
    Function,
    Logs,
    Place::Invocations,
    Place::Errors,
    Insights,
    Traces,
    Trace,
    ServiceMap,
    TraceStatistics,
    Apis,
    Line,
];

macro_rules! table {
    ($($action:ident $name:literal $keys:expr, $places:expr, $priority:literal $label:literal $sentence:literal $($changes:ident)?;)*) => {
        /// Every command.
        pub const COMMANDS: &[Command] = &[$(Command {
            action: Action::$action, name: $name, keys: &$keys, places: $places, priority: $priority, label: $label,
            sentence: $sentence, changes: table!(@$($changes)?),
        }),*];
    };
    (@changes) => { true };
    (@) => { false };
}

#[rustfmt::skip]
table! {
    Overview        "overview"         ["1"],                      &[Anywhere],            0 "overview"  "Show what is wrong, since when, and where to look.";
    Functions       "functions"        ["2"],                      &[Anywhere],            0 "functions" "Show every function, worst first.";
    Logs            "logs"             ["3"],                      &[Anywhere],            0 "logs"      "Show the tail of the chosen log groups.";
    Traces          "traces"           ["4"],                      &[Anywhere],            0 "traces"    "Show the traces of the time window.";
    Apis            "apis"             ["5"],                      &[Anywhere],            0 "apis"      "Show APIs, their stages, caches and throttles.";
    Open            "open"             ["enter"],                  &[Overview, Functions, Function, Logs, Place::Invocations, Place::Errors, Insights, Place::Histogram, Traces, Apis, Popup, Prompt, Trace, ServiceMap, TraceStatistics, Place::Sampling, Line], 2 "open" "Go into the selected row.";
    Back            "back"             ["esc"],                    &[Anywhere, Popup, Line, Prompt, Form, Confirmation], 3 "back" "Close the popup, else drop the filter, else leave the view.";
    Up              "up"               ["up", "k"],                &[Anywhere, Popup, Line], 0 "up"        "Move up.";
    Down            "down"             ["down", "j"],              &[Anywhere, Popup, Line], 0 "down"      "Move down.";
    Left            "left"             ["left", "h"],              &[Anywhere, Line],      0 "left"      "Move or scroll left.";
    Right           "right"            ["right"],                  &[Anywhere, Line],      0 "right"     "Move or scroll right.";
    PageUp          "page-up"          ["pageup", "ctrl-u"],       &[Anywhere, Popup, Line], 0 "page up"   "Move up by a screen.";
    PageDown        "page-down"        ["pagedown", "ctrl-d"],     &[Anywhere, Popup, Line], 0 "page down" "Move down by a screen.";
    First           "first"            ["home", "g"],              &[Anywhere, Popup, Line], 0 "first"     "Go to the first row.";
    Last            "last"             ["end", "shift-g"],         &[Anywhere, Popup, Line], 0 "last"      "Go to the last row; in the tail, follow again.";
    NextPanel       "next-panel"       ["tab"],                    &[Anywhere],            9 "panel"     "Go to the next panel.";
    PreviousPanel   "previous-panel"   ["backtab"],                &[Anywhere],            0 "panel"     "Go to the panel before.";
    Filter          "filter"           ["/"],                      &[Functions, Logs, Place::Invocations, Place::Errors, Insights, Traces, Apis, Trace], 4 "filter" "Filter the rows by what you type.";
    SeeLogs         "see-logs"         ["l"],                      SELECTION_AND_LINE,     4 "logs"      "Show the log of whatever is selected.";
    SeeTraces       "see-traces"       ["t"],                      SELECTION_AND_LINE,     5 "traces"    "Show the traces of whatever is selected, or its very trace.";
    SeeMetrics      "see-metrics"      ["m"],                      SELECTION_AND_LINE,     6 "metrics"   "Show the charts of the selected function or stage.";
    Invoke          "invoke"           ["i"],                      SELECTION,              7 "invoke"    "Invoke the selected function: payload, qualifier, confirmation, answer with its log." changes;
    Actions         "actions"          ["x"],                      SELECTION,              8 "actions"   "Show what can be done to whatever is selected.";
    Provision       "provision"        ["shift-p"],                &[Functions, Function], 8 "provision" "Set provisioned concurrency of an alias or version." changes;
    RemoveProvision "remove-provision" ["shift-d"],                &[Functions, Function],            0 "unprovision" "Remove provisioned concurrency of the selected alias or version." changes;
    Reserve         "reserve"          ["shift-r"],                &[Functions, Function], 8 "reserve"   "Set or remove reserved concurrency of the function." changes;
    SwitchOff       "switch-off"       ["shift-k"],                &[Functions, Function], 0 "off/on"    "Switch the function off (reserved concurrency 0), or on again with what it had." changes;
    MoveAlias       "alias"            ["shift-v"],                &[Functions, Function], 0 "alias"     "Move the alias to another version, or share its invocations between two." changes;
    RollBack        "roll-back"        ["shift-b"],                &[Functions, Function], 0 "roll back" "Lead the alias back to the version before." changes;
    SwitchEventSource "event-source"   ["shift-e"],                &[Functions, Function], 0 "source"    "Enable or disable an event source mapping of the function." changes;
    MethodSettings  "settings"         ["shift-e"],                &[Apis],                3 "settings"  "Change throttle, cache, logging and metrics of the selected method, or of the stage." changes;
    StageCache      "stage-cache"      ["shift-c"],                &[Apis],                4 "cache"     "Make, resize or take away the cache cluster of the stage." changes;
    FlushCache      "flush-cache"      ["shift-f"],                &[Apis],                0 "flush"     "Flush the cache of the stage." changes;
    SwitchTracing   "tracing"          ["shift-t"],                &[Apis],                0 "tracing"   "Switch X-Ray tracing of the stage on or off." changes;
    ShiftCanary     "canary"           ["shift-r"],                &[Apis],                0 "canary"    "Give the canary of the stage another share, begin one, or end it." changes;
    PromoteCanary   "promote"          ["shift-o"],                &[Apis],                0 "promote"   "Make the canary's deployment that of the stage." changes;
    PlanLimits      "plan-limits"      ["shift-p"],                &[Apis],                0 "plan"      "Change throttle and quota of the usage plan." changes;
    Undo            "undo"             ["shift-u"],                &[Anywhere],            0 "undo"      "Undo the last change that can be undone, after confirmation." changes;
    Follow          "follow"           ["f"],                      &[Logs],                1 "follow"    "Follow the newest lines, or stop following.";
    Wrap            "wrap"             ["shift-w"],                &[Logs, Line],          7 "wrap"      "Wrap long lines.";
    NextError       "next-error"       ["e"],                      &[Logs, Place::Invocations, Traces, Trace],        5 "error"     "Go to the next error.";
    PreviousError   "previous-error"   ["shift-e"],                &[Logs, Place::Invocations, Traces, Trace],        0 "error"     "Go to the error before.";
    LevelUp         "level"            ["v"],                      &[Logs],                6 "level"     "Show only lines of at least this level: all, info, warn, error.";
    Export          "export"           ["shift-x"],                &[Logs, Place::Invocations, Place::Errors, Insights],      7 "export"    "Write what is shown to a file: CSV, JSON lines or text, by its extension.";
    Insights        "insights"         ["shift-i"],                &[Logs, Place::Invocations, Place::Errors, Insights],      1 "query"     "Write or choose a Logs Insights query; it costs by what it scans.";
    StackFilter     "stack-filter"     ["&"],                      &[Logs],                0 "and"       "Put one more filter on top of those in force.";
    InContext       "in-context"       ["c"],                      &[Logs],                6 "context"   "Show the line among its neighbours without the filter; again, the filter is back.";
    NextOfInvocation "next-of-invocation" ["n"],                   &[Logs],                0 "next line" "Go to the next line of the same invocation.";
    PreviousOfInvocation "previous-of-invocation" ["shift-n"],     &[Logs],                0 "line before" "Go to the line before of the same invocation.";
    GoToTime        "go-to-time"       ["a"],                      &[Logs, TraceStatistics], 3 "at"        "Go to a moment: -15m, 14:03, 2026-11-21 14:03; of traces, compare before and after it.";
    Jq              "jq"               ["shift-j"],                &[Logs],                7 "jq"        "Type a jq expression: what it makes of each JSON line is shown in its place.";
    Times           "times"            ["shift-t"],                &[Logs],                0 "times"     "Tell times absolute, as ages, or from line to line.";
    Fold            "fold"             ["space"],                  &[Functions, Place::Columns, Logs, Line, Trace],   3 "fold"      "Fold stack traces, or unfold them; in one line or trace, what is selected; a group of functions. Of columns: show or hide one.";
    LiveTail        "live-tail"        ["shift-l"],                &[Logs],                7 "live"      "Follow through Live Tail, which is priced by the minute, or by FilterLogEvents again.";
    Histogram       "histogram"        ["shift-h"],                &[Logs, Traces],        7 "histogram" "Show how many lines there are in time, by level; of traces, how many took how long.";
    Brush           "brush"            ["b"],                      &[Logs, Traces],        8 "brush"     "Choose a stretch of the histogram and look at its lines, or traces, only.";
    BrushEnd        "brush-end"        ["space"],                  &[Place::Histogram],    1 "set end"   "Set one end of the stretch where the brush is.";
    QuickFilter     "quick-filter"     ["f"],                      &[Traces],              3 "quick"     "Choose a filter: faults, errors, throttles, the slow ones, this function, this API, this user.";
    AllLogs         "all-logs"         ["shift-l"],                &[Traces, Trace, TraceStatistics], 4 "all logs"  "Show the logs of every function that the trace touched, merged.";
    NextMatch       "next-match"       ["n"],                      &[Trace, ServiceMap, Line], 7 "next"      "Go to the next hit of the search; in the service map, to the next call of the selected service.";
    PreviousMatch   "previous-match"   ["shift-n"],                &[Trace, ServiceMap, Line], 0 "before"    "Go to the hit, or call, before.";
    CriticalPath    "critical-path"    ["c"],                      &[Trace],               2 "critical"  "Show only the spans that the answer waited for, and those that failed.";
    Earlier         "earlier"          [","],                      &[Trace],               0 "earlier"   "Move the zoomed time axis towards the beginning.";
    Later           "later"            ["."],                      &[Trace],               0 "later"     "Move the zoomed time axis towards the end.";
    AsTable         "as-table"         ["v"],                      &[ServiceMap],          3 "table"     "Show the service map as a table, or as a graph again.";
    Compare         "compare"          ["d"],                      &[ServiceMap, Function, Place::Answers], 4 "compare"   "Compare with the window before; of a function, two configurations; of answers, with the marked one.";
    LoadMore        "load-more"        ["shift-m"],                &[TraceStatistics],     4 "more"      "Read more traces whole, for better statistics; X-Ray bills each.";
    Snooze          "snooze"           ["n"],                      &[Overview],            6 "snooze"    "Hide the selected finding for a while; it comes back by itself when it gets worse.";
    Snoozed         "snoozed"          ["shift-n"],                &[Overview],            0 "snoozed"   "Show the findings that are snoozed, and wake them.";
    ServerFilter    "expression"       ["shift-f"],                &[Logs, Traces],        8 "expression" "Type a filter that AWS itself applies: a filter pattern for logs, a filter expression for traces.";
    Sort            "sort"             ["s"],                      &[Functions, Apis, Place::Columns, Place::Invocations, Place::Errors, Insights, Traces, ServiceMap, TraceStatistics],   6 "sort"      "Sort by the next column; of statistics, look at the next kind of request.";
    SortReverse     "sort-reverse"     ["shift-s"],                &[Functions, Apis, Place::Columns, Place::Invocations, Place::Errors, Insights, Traces],   0 "reverse"   "Turn the order round.";
    LongerWindow    "longer-window"    ["w", "shift-z"],           &[Anywhere],            10 "window"   "Look at a longer time window; in a trace, zoom out of its time.";
    ShorterWindow   "shorter-window"   ["z"],                      &[Anywhere],            0 "shorter"   "Look at a shorter time window; in a trace, zoom into the time of the selected span.";
    Copy            "copy"             ["y"],                      SELECTION_AND_LINE,     9 "copy"      "Copy the name or id of whatever is selected to the terminal's clipboard.";
    CopyMenu        "copy-menu"        ["shift-y"],                &[Logs, Line],          7 "copy ..."  "Choose what to copy of a log line: all of it, a value, its path, indented JSON, a link.";
    FilterByValue   "filter-by-value"  ["="],                      &[Line, Trace],         6 "filter"    "Show only lines with the value of the selected field; only traces with the selected annotation.";
    ToggleColumn    "column"           ["shift-c"],                &[Line, Trace],         7 "column"    "Give the selected field, or annotation, a column of its own in the list, or take it away.";
    Columns         "columns"          ["shift-c"],                &[Functions],           7 "columns"   "Choose the columns of the function table, their order, and which one sorts.";
    GroupBy         "group"            ["b"],                      &[Functions],           7 "group"     "Group functions by stack, API or tag, or not any more.";
    Rank            "rank"             ["shift-m"],                &[Functions],           8 "rank"      "Rank all functions of the region by Metrics Insights; it is priced, and the price is said first.";
    FoldAll         "fold-all"         ["-"],                      &[Line, Trace],         8 "fold all"  "Fold everything in the line; in a trace, what services called.";
    UnfoldAll       "unfold-all"       ["+"],                      &[Line, Trace],         8 "unfold"    "Unfold everything.";
    Console         "console"          ["o"],                      SELECTION_AND_LINE,     9 "console"   "Open whatever is selected in the AWS console.";
    Palette         "palette"          [":", "ctrl-p"],            &[Anywhere],            9 "palette"   "Go anywhere, do anything, by name.";
    Pause           "pause"            ["p"],                      &[Anywhere],            9 "pause"     "Stop all polling, or go on.";
    Refresh         "refresh"          ["r"],                      &[Anywhere],            9 "refresh"   "Ask again, now.";
    Errors          "errors"           ["!"],                      &[Anywhere],            9 "errors"    "Show every error seen since the start.";
    Help            "help"             ["?"],                      &[Anywhere, Line],      1 "help"      "Show the keys that work here.";
    Mouse           "mouse"            ["f2"],                     &[Anywhere],            0 "mouse"     "Take the mouse, or leave it to the terminal.";
    Redraw          "redraw"           ["ctrl-l"],                 &[Anywhere],            0 "redraw"    "Draw the screen anew.";
    Suspend         "suspend"          ["ctrl-z"],                 &[Anywhere, Popup, Line, Prompt, Form, Confirmation], 0 "suspend" "Go back to the shell; `fg` returns.";
    Quit            "quit"             ["q", "ctrl-c"],            &[Anywhere, Popup, Line], 2 "quit"      "Leave.";
    Send            "send"             ["ctrl-s", "f5"],           &[Form],                1 "send"      "Go on to the confirmation; run the query.";
    SwitchField     "switch-field"     ["tab"],                    &[Form, Confirmation],  2 "field"     "Go to the next field or button.";
    Templates       "templates"        ["ctrl-t"],                 &[Place::Payload],      3 "template"  "Choose a payload to begin with: those of the function's own triggers first.";
    SavedPayloads   "saved-payloads"   ["ctrl-o"],                 &[Place::Payload],      4 "saved"     "Choose a payload that was saved or sent, or save this one under a name.";
    Editor          "editor"           ["ctrl-g", "f4"],           &[Place::Payload],      5 "editor"    "Edit the payload in $VISUAL or $EDITOR.";
    Answers         "answers"          ["f3"],                     &[Place::Payload, Place::Answer], 6 "answers" "Show what came of invokes before: look again, send again, compare.";
    Rerun           "rerun"            ["r"],                      &[Place::Answer, Place::Answers], 3 "run again" "Send the same invoke once more, after confirmation." changes;
    EditPayload     "edit-payload"     ["i"],                      &[Place::Answer, Place::Answers], 4 "edit and run" "Open the form with the payload of this answer.";
    Mark            "mark"             ["space"],                  &[Place::Answers],      3 "mark"      "Mark the answer to compare others with, or take the mark away.";
    DropPayload     "drop-payload"     ["delete"],                 &[Place::Payloads],     4 "drop"      "Drop the selected saved payload; pressed twice.";
    Confirm         "confirm"          ["enter"],                  &[Confirmation],        1 "choose"    "Press the selected button; Cancel is selected first.";
}

/// The row of an action.
pub fn command(action: Action) -> &'static Command {
    COMMANDS.iter().find(|command| command.action == action).expect("a test finds every action in the table")
}

impl Command {
    /// Listens in `place`; `Anywhere` means every place that is no popup, prompt, form or confirmation.
    pub fn listens_in(&self, place: Place) -> bool {
        if place == Place::Columns {
            use Action::{Back, Copy, Down, First, Last, Left, Open, PageDown, PageUp, Quit, Right, Suspend, Up};
            let common = [Back, Copy, Down, First, Last, Left, Open, PageDown, PageUp, Quit, Right, Suspend, Up];
            return self.places.contains(&place) || common.contains(&self.action);
        }
        // A popup or form with keys of its own has those of its kind too.
        let kind = match place {
            Place::Payload => Form,
            Place::Payloads | Place::Answer | Place::Answers => Popup,
            other => other,
        };
        let open = !matches!(kind, Popup | Line | Prompt | Form | Confirmation);
        self.places.contains(&place) || self.places.contains(&kind) || (open && self.places.contains(&Anywhere))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_action_and_every_name_stands_once() {
        let actions: HashSet<_> = COMMANDS.iter().map(|command| command.action).collect();
        let names: HashSet<_> = COMMANDS.iter().map(|command| command.name).collect();
        assert_eq!(actions.len(), COMMANDS.len());
        assert_eq!(names.len(), COMMANDS.len());
        assert_eq!(COMMANDS.len(), Action::DropPayload as usize + 1, "an action has no row, and so no key");
    }
}
