//! Shared test support: clusters, clients, waiting for conditions, and HTTP clients and servers with fixed behaviour.

mod access_denied_client;
pub(crate) mod backend;
mod barrier_client;
mod canned_response_client;
mod child_process;
mod client;
mod decorator;
mod errors;
mod eventually;
mod exchange_recorder;
mod http_client;
mod load;
mod log;
mod metrics;
mod no_capture_client;
mod raw_response_server;
mod recording_client;
mod recording_server;
mod refresh_ticker;
mod table;
mod unresponsive_client;

pub(crate) use access_denied_client::AccessDeniedClient;
pub(crate) use backend::{Backend, test_cluster, this_test};
pub(crate) use barrier_client::BarrierClient;
pub(crate) use canned_response_client::CannedResponseClient;
pub(crate) use child_process::{is_child, run_in_child_process};
pub(crate) use client::{
    client, config, direct_client, expect_pings, ping, quick_refresh, quick_retries, ready_client,
    ready_client_of, signing_config,
};
pub(crate) use errors::{error_text, find_in_chain};
pub(crate) use eventually::{eventually, eventually_within};
pub(crate) use exchange_recorder::{Exchange, ExchangeRecorder};
pub(crate) use http_client::http_client;
pub(crate) use load::Load;
pub(crate) use log::Log;
pub(crate) use metrics::Metrics;
pub(crate) use no_capture_client::NoCaptureClient;
pub(crate) use raw_response_server::RawResponseServer;
pub(crate) use recording_client::RecordingClient;
pub(crate) use recording_server::{OK, RecordingServer, SERVER_ERROR};
pub(crate) use refresh_ticker::RefreshTicker;
pub(crate) use table::{Table, n, s};
pub(crate) use unresponsive_client::UnresponsiveClient;
