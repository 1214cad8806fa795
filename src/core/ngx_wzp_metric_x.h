/*
 * Metrics that are no counters of ngx_wzp_stat_x.h.
 *
 * NGX_WZP_METRIC_X(NAME, source, "metric", "type", "text")
 *
 *     source  ZONE: every worker can read it; HUB: the relay's hub is asked
 */

NGX_WZP_METRIC_X(BUILD, ZONE, "wzp_build_info", "gauge",
                 "Always 1; the version of the module.")
NGX_WZP_METRIC_X(GENERATION, ZONE, "wzp_generation", "gauge",
                 "How many configurations have been loaded.")
NGX_WZP_METRIC_X(WORKERS, ZONE, "wzp_workers", "gauge",
                 "Worker processes, by whether they take new members.")
NGX_WZP_METRIC_X(ZONE_BYTES, ZONE, "wzp_zone_bytes", "gauge",
                 "Size of the zone.")
NGX_WZP_METRIC_X(ZONE_USED, ZONE, "wzp_zone_entries", "gauge",
                 "Entries of the zone's tables that are in use.")
NGX_WZP_METRIC_X(ZONE_MAX, ZONE, "wzp_zone_entries_max", "gauge",
                 "Entries that the zone's tables have.")

NGX_WZP_METRIC_X(SESSIONS, ZONE, "wzp_relay_active_sessions", "gauge",
                 "Members in all rooms.")
NGX_WZP_METRIC_X(ROOMS, ZONE, "wzp_relay_active_rooms", "gauge",
                 "Rooms that have members here.")
NGX_WZP_METRIC_X(SESSION_LOSS, ZONE, "wzp_relay_session_loss_pct", "gauge",
                 "Packets lost on the way to a member, last five seconds.")
NGX_WZP_METRIC_X(SESSION_RTT, ZONE, "wzp_relay_session_rtt_ms", "gauge",
                 "Round trip to a member.")

NGX_WZP_METRIC_X(HUB_UP, ZONE, "wzp_hub_up", "gauge",
                 "Whether the relay's hub has answered.")

NGX_WZP_METRIC_X(PEER_STATUS, HUB, "wzp_federation_peer_status", "gauge",
                 "Whether the link to another relay is up.")
NGX_WZP_METRIC_X(PEER_RTT, HUB, "wzp_federation_peer_rtt_ms", "gauge",
                 "Round trip to another relay.")
NGX_WZP_METRIC_X(PEER_LOSS, HUB, "wzp_federation_peer_loss_pct", "gauge",
                 "Packets lost on the way to another relay.")
NGX_WZP_METRIC_X(PEER_PACKETS, HUB, "wzp_federation_packets_forwarded_total",
                 "counter", "Media packets of one link.")
NGX_WZP_METRIC_X(FED_ROOMS, HUB, "wzp_federation_active_rooms", "gauge",
                 "Global rooms that have members somewhere.")
NGX_WZP_METRIC_X(PROBE_RTT, HUB, "wzp_probe_rtt_ms", "gauge",
                 "Round trip of a probe.")
NGX_WZP_METRIC_X(PROBE_LOSS, HUB, "wzp_probe_loss_pct", "gauge",
                 "Pings of a probe that were not answered.")
NGX_WZP_METRIC_X(PROBE_JITTER, HUB, "wzp_probe_jitter_ms", "gauge",
                 "How the round trip of a probe varies.")
NGX_WZP_METRIC_X(PROBE_UP, HUB, "wzp_probe_up", "gauge",
                 "Whether a probed relay answers.")
NGX_WZP_METRIC_X(PRESENCE, HUB, "wzp_presence_people", "gauge",
                 "People who are known to be somewhere.")
NGX_WZP_METRIC_X(PHONES, HUB, "wzp_phones", "gauge",
                 "Connections that are registered for calls.")
NGX_WZP_METRIC_X(CALLS, HUB, "wzp_calls", "gauge",
                 "Direct calls, by state.")
