//! The styles. Words have the same meaning as well, for terminals and people without colours.

use crate::top::model::Severity;
use ratatui::style::{Color, Modifier, Style};

/// The styles of a screen.
#[derive(Clone, Copy, Debug)]
pub(in crate::top) struct Palette {
    is_coloured: bool,
}

impl Palette {
    pub(in crate::top) fn new(is_coloured: bool) -> Self {
        Self { is_coloured }
    }

    fn coloured(self, colour: Color) -> Style {
        match self.is_coloured {
            true => Style::new().fg(colour),
            false => Style::new(),
        }
    }

    pub(super) fn good(self) -> Style {
        self.coloured(Color::Green)
    }

    pub(super) fn warning(self) -> Style {
        self.coloured(Color::Yellow)
    }

    pub(super) fn bad(self) -> Style {
        self.coloured(Color::Red).add_modifier(Modifier::BOLD)
    }

    pub(super) fn chart(self) -> Style {
        self.coloured(Color::Cyan)
    }

    pub(super) fn title(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub(super) fn header(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
    }

    pub(super) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// The style of a node's state.
    pub(super) fn state(self, state: &str) -> Style {
        match state {
            "up" => self.good(),
            "slow start" | "pending" => self.warning(),
            _ => self.bad(),
        }
    }

    pub(super) fn severity(self, severity: Severity) -> Style {
        match severity {
            Severity::Warning => self.warning(),
            Severity::Recovery => self.good(),
            Severity::Change => Style::new(),
            Severity::Detail => self.dim(),
        }
    }
}
