/*
 * What is counted, for the enum, the table in the zone and the metrics.
 * Counters of one metric stand together and have the same text.
 *
 * NGX_WZP_STAT_X(NAME, scope, "metric", "labels", "text")
 *
 *     scope   RELAY: of a relay; WORKER: of the whole nginx
 *
 * NGX_WZP_HIST_X(NAME, "metric", "text", ten bounds in us)
 */

#ifdef NGX_WZP_STAT_X

NGX_WZP_STAT_X(JOINS, RELAY, "wzp_joins_total", "",
               "Members who have joined a room.")
NGX_WZP_STAT_X(LEAVES, RELAY, "wzp_leaves_total", "",
               "Members who have left, in whatever way.")

NGX_WZP_STAT_X(AUTH_OK, RELAY, "wzp_relay_auth_attempts_total",
               "result=\"ok\"", "Offers whose identity was checked.")
NGX_WZP_STAT_X(AUTH_FAIL, RELAY, "wzp_relay_auth_attempts_total",
               "result=\"fail\"", "Offers whose identity was checked.")

NGX_WZP_STAT_X(PACKETS_IN, RELAY, "wzp_packets_received_total", "",
               "Media packets taken from members.")
NGX_WZP_STAT_X(PACKETS_OUT, RELAY, "wzp_relay_packets_forwarded_total", "",
               "Media packets sent to members, one for each receiver.")
NGX_WZP_STAT_X(BYTES_OUT, RELAY, "wzp_relay_bytes_forwarded_total", "",
               "Payload bytes of the packets that were forwarded.")

NGX_WZP_STAT_X(DATAGRAMS_OUT, RELAY, "wzp_datagrams_sent_total", "",
               "DATAGRAM frames in the QUIC packets sent.")
NGX_WZP_STAT_X(QUIC_OUT, RELAY, "wzp_quic_packets_sent_total", "",
               "QUIC packets sent.")
NGX_WZP_STAT_X(QUIC_BARE, RELAY, "wzp_quic_packets_bare_total", "",
               "QUIC packets sent without media or signals.")
NGX_WZP_STAT_X(QUIC_LOST, RELAY, "wzp_quic_packets_lost_total", "",
               "QUIC packets sent that were lost.")
NGX_WZP_STAT_X(QUIC_IN, RELAY, "wzp_quic_packets_received_total", "",
               "QUIC packets received.")

NGX_WZP_STAT_X(SIGNALS_DROPPED, RELAY, "wzp_signals_dropped_total", "",
               "Signals beyond the rate that is allowed.")
NGX_WZP_STAT_X(EVENTS_DROPPED, RELAY, "wzp_event_log_dropped_total", "",
               "Lines that the event log had no room for.")

NGX_WZP_STAT_X(CALLS_OFFERED, RELAY, "wzp_calls_total", "event=\"offered\"",
               "Direct calls, by what became of them.")
NGX_WZP_STAT_X(CALLS_ANSWERED, RELAY, "wzp_calls_total", "event=\"answered\"",
               "Direct calls, by what became of them.")
NGX_WZP_STAT_X(CALLS_REJECTED, RELAY, "wzp_calls_total", "event=\"rejected\"",
               "Direct calls, by what became of them.")
NGX_WZP_STAT_X(CALLS_REFUSED, RELAY, "wzp_calls_total", "event=\"refused\"",
               "Direct calls, by what became of them.")
NGX_WZP_STAT_X(CALLS_EXPIRED, RELAY, "wzp_calls_total", "event=\"expired\"",
               "Direct calls, by what became of them.")

NGX_WZP_STAT_X(FED_IN, RELAY, "wzp_federation_packets_total",
               "direction=\"in\"", "Media packets of links.")
NGX_WZP_STAT_X(FED_OUT, RELAY, "wzp_federation_packets_total",
               "direction=\"out\"", "Media packets of links.")
NGX_WZP_STAT_X(FED_DEDUPED, RELAY, "wzp_federation_packets_deduped_total", "",
               "Media packets of links that had come before.")
NGX_WZP_STAT_X(FED_RATE, RELAY, "wzp_federation_packets_rate_limited_total",
               "", "Media packets of links beyond wzp_federation_rate.")
NGX_WZP_STAT_X(FED_REFUSED, RELAY, "wzp_federation_packets_refused_total", "",
               "Media packets of links with a stream id of somebody else.")

NGX_WZP_STAT_X(RING_FULL, WORKER, "wzp_ring_full_total", "",
               "Messages between workers that a full ring did not take.")

#endif


#ifdef NGX_WZP_HIST_X

NGX_WZP_HIST_X(HANDSHAKE, "wzp_relay_handshake_duration_seconds",
               "From an offer to the answer that lets its sender in.",
               1000, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
               1000000, 2500000)
NGX_WZP_HIST_X(DELAY, "wzp_forward_delay_seconds",
               "From a worker's having a media packet to its sending it.",
               100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000)

#endif
