//! A line of the panels that tell things in words: what, its value, and how to take it.

/// How a line is to be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// As it is.
    #[default]
    Plain,
    /// Of less weight: on what a figure rests.
    Dim,
    /// Begins a section.
    Heading,
    /// As it should be.
    Good,
    /// Worth a look.
    Warning,
    /// Wrong.
    Critical,
    /// About cold starts.
    Cold,
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// What it is about.
    pub what: String,
    /// What is known.
    pub value: String,
    /// How to take it.
    pub tone: Tone,
    /// A share, 0 to 1, drawn as a bar where there is room.
    pub share: Option<f64>,
    /// What is copied, where it is not the value.
    pub copy: Option<String>,
    /// The function that Enter opens.
    pub function: Option<String>,
}

impl Row {
    /// A plain line.
    pub fn new(what: impl Into<String>, value: impl Into<String>) -> Row {
        Row { what: what.into(), value: value.into(), ..Row::default() }
    }

    /// The beginning of a section.
    pub fn heading(what: impl Into<String>) -> Row {
        Row { what: what.into(), tone: Tone::Heading, ..Row::default() }
    }

    /// On what the lines above rest.
    pub fn note(value: impl Into<String>) -> Row {
        Row { value: value.into(), tone: Tone::Dim, ..Row::default() }
    }

    /// The same, to be taken so.
    pub fn tone(self, tone: Tone) -> Row {
        Row { tone, ..self }
    }

    /// The same with a bar.
    pub fn share(self, share: f64) -> Row {
        Row { share: Some(share), ..self }
    }
}
