//! `top`: shows a cluster live, as a client sees it, or the traffic of a running application.
//!
//! ```text
//! source    a cluster that is probed, or an application: each hands over the library's status document once a second
//! model     the state of the screen, which documents and keys change; no terminal, no clock
//! view      draws the model
//! app       waits for documents, keys and signals
//! ```
//!
//! Both sources have the same document, so that both screens have the same meaning. The probes of a cluster are
//! operations of a client of this process with the library installed: states, latencies, shares and events are the
//! library's own, and not measured a second time.

mod app;
mod document;
mod keys;
mod model;
mod signals;
mod source;
mod terminal;
mod view;

use crate::arguments::TopArguments;
use model::Model;
use source::{Application, ProbedCluster};
use std::error::Error;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use view::Palette;

/// Shows the subject until a key or a signal ends it.
///
/// # Errors
///
/// A file of certificates that cannot be used, and a terminal that fails.
pub(crate) async fn run(arguments: &TopArguments, is_coloured: bool) -> Result<(), Box<dyn Error>> {
    // One update is on its way while another is drawn.
    let (sender, updates) = mpsc::channel(1);
    // Dropping it ends the source.
    let mut sources = JoinSet::new();
    let model = match arguments {
        TopArguments::Cluster(cluster) => {
            sources.spawn(ProbedCluster::new(cluster)?.run(sender));
            Model::new(
                cluster.seeds.join(" "),
                "probed by GET / to each node, at most once a second".to_owned(),
            )
        }
        TopArguments::Application(path) => {
            sources.spawn(Application::new(path).run(sender));
            Model::new(
                path.display().to_string(),
                "the traffic of an application".to_owned(),
            )
        }
    };
    app::run(model, updates, Palette::new(is_coloured)).await?;
    Ok(())
}
