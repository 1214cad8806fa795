# wzp: a voice relay inside nginx, and its client.
#
# "make help" lists the targets.  Variables that may be set:
#
#   BUILD=DIR       where everything is built (build)
#   SAN=1           with ASan and UBSan, into BUILD/asan
#   NGINX=PATH      the nginx that shall load the module (the installed one)
#   NGINX_SRC=DIR   its sources (Debian's nginx-dev)
#   PREFIX, DESTDIR, MODULES, CONFDIR   for make install
#   CC, CFLAGS, LDFLAGS                 as usual
#   V=1             show whole commands
#   WZP_CACHE=DIR   cache of third-party libraries (~/.cache/wzp)

VERSION = $(shell sed -n 's/^\#define CL_VERSION  *"\(.*\)"/\1/p' client/client.h)

BUILD = build
DEPS = src/deps/deps.sh
SHELL = /bin/bash

export WZP_BUILD := $(abspath $(BUILD))

# Results are made under another name and renamed, so that two makes in one
# tree do not read each other's halves.

Q = $(if $(V),,@)
SAY = @$(if $(V),:,echo "  $(1) $@")

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: FORCE


# Third-party libraries: build/deps.mk says where they are.  make writes it
# when it is missing, when a recipe has changed, or when the cache has gone.

NO_DEPS = help clean distclean uninstall test run demo-federation
WANTED := $(or $(MAKECMDGOALS),all)

ifneq ($(filter-out $(NO_DEPS),$(WANTED)),)

include $(BUILD)/deps.mk

DEPS_FILES = $(BORINGSSL_DIR)/lib/libssl.a $(NGTCP2_DIR)/lib/libngtcp2.a \
             $(OPUS_DIR)/lib/libopus.a $(RNNOISE_DIR)/lib/librnnoise.a \
             $(if $(SAN),$(NGINX_ASAN_SRC)/configure)
DEPS_GONE := $(filter-out $(wildcard $(DEPS_FILES)),$(DEPS_FILES))

$(BUILD)/deps.mk: $(wildcard src/deps/*.sh src/deps/*/*) \
                $(if $(DEPS_GONE),FORCE)
	$(DEPS) packages all $(if $(SAN),nginx-asan) mk
	@touch $@

endif


# What is built with which flags.  EDGE is for code that speaks nginx, PURE for
# all the rest.

B := $(BUILD)$(if $(SAN),/asan)

CC = cc
CLANG = clang
OPT = -O2 -g
CFLAGS = $(if $(SAN),-O1 -g,$(OPT))

SAN_FLAGS = -fsanitize=address,undefined -fno-sanitize-recover=undefined \
            -fno-omit-frame-pointer

HARDEN = $(if $(SAN),$(SAN_FLAGS) -DWZP_DEBUG, \
             -fstack-protector-strong -D_FORTIFY_SOURCE=2)

# Both compilers know these; gcc knows more.

WARN = -Wall -Wextra -Wno-unused-parameter -Werror -Wshadow -Wvla \
       -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
       -Wnull-dereference -Wswitch-enum -Wimplicit-fallthrough \
       -Wdeclaration-after-statement
WARN_GCC = -Wduplicated-cond -Wduplicated-branches -Wlogical-op \
           -Wjump-misses-init
WARN_PURE = -Wpedantic -Wconversion -Wsign-conversion -Wcast-qual \
            -Wwrite-strings -Wundef

IS_CLANG := $(if $(findstring clang,$(shell $(CC) --version 2>/dev/null)),yes)

# What the sanitizers add to the code sets off some of them by mistake.

WARN_NOT_SAN = -Wno-null-dereference -Wno-conversion -Wno-sign-conversion \
               $(if $(IS_CLANG),,-Wno-duplicated-branches)

EDGE = $(WARN) $(if $(IS_CLANG),,$(WARN_GCC)) $(if $(SAN),$(WARN_NOT_SAN))
PURE = -std=c11 -D_GNU_SOURCE= $(WARN) $(if $(IS_CLANG),,$(WARN_GCC)) \
       $(WARN_PURE) $(if $(SAN),$(WARN_NOT_SAN))

INCS = -Isrc $(NGTCP2_CFLAGS) $(BORINGSSL_CFLAGS) $(OPUS_CFLAGS) \
       $(RNNOISE_CFLAGS) $(SODIUM_CFLAGS) $(JANSSON_CFLAGS) \
       $(SNDFILE_CFLAGS) $(SAMPLERATE_CFLAGS) $(CODEC2_CFLAGS) \
       $(SPEEXDSP_CFLAGS) $(ALSA_CFLAGS) $(NCURSES_CFLAGS) $(ZIP_CFLAGS)

# -ffunction-sections: what the module does not use is left out of it.

COMPILE = $(CC) $(PURE) -fPIC -fvisibility=hidden -ffunction-sections \
          -fdata-sections $(CFLAGS) $(HARDEN) $(INCS)

LINK = $(CC) $(CFLAGS) $(LDFLAGS) $(HARDEN) -Wl,--exclude-libs,ALL \
       -Wl,--gc-sections -Wl,--as-needed

ENGINE_LIBS = $(B)/libwzpquic.a $(B)/libwzp.a
LIBS = $(ENGINE_LIBS) $(NGTCP2_LIBS) $(BORINGSSL_LIBS) $(SODIUM_LIBS) \
       $(JANSSON_LIBS)
CLIENT_LIBS = $(LIBS) $(SNDFILE_LIBS) $(SAMPLERATE_LIBS) $(OPUS_LIBS) \
              $(RNNOISE_LIBS) $(CODEC2_LIBS) $(SPEEXDSP_LIBS) $(ALSA_LIBS) \
              $(NCURSES_LIBS) $(ZIP_LIBS) -lm -lpthread


# Sources.  A new file in one of these directories is picked up by itself.

WZP_SRCS = $(wildcard src/wzp/*.c)
QUIC_SRCS = $(wildcard src/quic/*.c src/net/*.c)
CLIENT_SRCS = $(wildcard client/*.c)
OPTIONS_SRCS = $(wildcard client/options*.c)
MODULE_SRCS = $(wildcard ngx_wzp_module.c src/core/*.c src/stream/*.c \
                         src/http/*.c)
MODULE_HDRS = $(wildcard src/core/*.h src/stream/*.h src/http/*.h \
                         src/wzp/*.h src/quic/*.h src/net/*.h)

UNIT_SRCS = $(wildcard t/unit/test_*.c)
SIM_SRCS = $(wildcard t/sim/sim_*.c)
TOOL_SRCS = $(wildcard t/tools/*.c)
BENCH_SRCS = $(wildcard t/bench/load.c t/bench/floor.c \
                        t/bench/engine.c t/bench/fec.c t/bench/opus.c \
                        t/bench/voice.c)
FUZZ_SRCS = $(wildcard t/fuzz/fuzz_*.c)

# t/*/x.c with one of these prefixes is a program; other files there are
# linked to each program of their directory.

obj = $(patsubst %.c,$(B)/obj/%.o,$(1))
prog = $(patsubst %.c,$(B)/%,$(1))

T_UNIT_COMMON = $(filter-out $(UNIT_SRCS),$(wildcard t/unit/*.c))
T_SIM_COMMON = $(filter-out $(SIM_SRCS),$(wildcard t/sim/*.c))
T_BENCH_COMMON = $(filter-out $(BENCH_SRCS),$(wildcard t/bench/*.c))

UNIT = $(call prog,$(UNIT_SRCS))
SIM = $(call prog,$(SIM_SRCS))
TOOLS = $(call prog,$(TOOL_SRCS))
BENCH = $(call prog,$(BENCH_SRCS))
FUZZ = $(patsubst %.c,$(BUILD)/%,$(FUZZ_SRCS))

# Programs in Go, a directory each: the peer that shares no code with us.

GO_PROGS = $(patsubst %/main.go,$(BUILD)/%,$(wildcard t/*/main.go))


## all: module and client (default)
.PHONY: all libs module client tests
.DEFAULT_GOAL := all
all: module client

## libs: the portable libraries and the object that the module is linked from
libs: $(ENGINE_LIBS) $(B)/wzp_engine.o

## module: build/ngx_wzp_module.so for the installed nginx
module: $(if $(wildcard ngx_wzp_module.c),$(B)/ngx_wzp_module.so)

## client: build/wzp-client
client: $(if $(wildcard client/main.c),$(B)/wzp-client)

## tests: all programs that the tests need
tests: all $(UNIT) $(SIM) $(TOOLS) $(BENCH) $(if $(SAN),,$(FUZZ) $(GO_PROGS))

.PHONY: unit sim tools fuzz-programs
unit: $(UNIT)
sim: $(SIM)
tools: $(TOOLS)


# Compiler, flags and lists in files, rewritten only when they change.

define remember
$(shell mkdir -p $(dir $(1)); \
        printf '%s\n' '$(subst ','\'',$(2))' | cmp -s - $(1) \
        || printf '%s\n' '$(subst ','\'',$(2))' > $(1))
endef

ifneq ($(filter-out $(NO_DEPS),$(WANTED)),)
$(call remember,$(B)/compile.flags,$(COMPILE))
$(call remember,$(B)/link.flags,$(LINK) $(CLIENT_LIBS))
$(call remember,$(B)/wzp.list,$(WZP_SRCS))
$(call remember,$(B)/quic.list,$(QUIC_SRCS))
$(call remember,$(B)/module.list,$(MODULE_SRCS) $(MODULE_HDRS) $(EDGE))
endif


# Objects and archives.

$(B)/obj/%.o: %.c $(B)/compile.flags
	$(call SAY,CC)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -MMD -MP -MT $@ -MF $(@:.o=.d) -c $< -o $@.$$$$ \
	    && mv $@.$$$$ $@ || { rm -f $@.$$$$; exit 1; }

-include $(patsubst %.c,$(B)/obj/%.d,$(WZP_SRCS) $(QUIC_SRCS) $(CLIENT_SRCS) \
           $(wildcard t/unit/*.c t/sim/*.c t/tools/*.c t/bench/*.c))

define archive
	$(call SAY,AR)
	$(Q)ar rcsD $@.$$$$ $(filter %.o,$^) && mv $@.$$$$ $@
endef

$(B)/libwzp.a: $(call obj,$(WZP_SRCS)) $(B)/wzp.list
	$(archive)

$(B)/libwzpquic.a: $(call obj,$(QUIC_SRCS)) $(B)/quic.list
	$(archive)

# Everything portable, with ngtcp2 and BoringSSL, in one object in which only
# our own names can be seen from outside.

$(B)/wzp_engine.o: $(ENGINE_LIBS) $(B)/link.flags
	$(call SAY,LD)
	$(Q)ld -r -o $@.$$$$ --whole-archive $(ENGINE_LIBS) \
	        --no-whole-archive $(NGTCP2_LIBS) \
	        $(filter %.a,$(BORINGSSL_LIBS)) \
	    && objcopy --wildcard --keep-global-symbol='wzp_*' $@.$$$$ \
	    && mv $@.$$$$ $@


# The module.  The .so is replaced by renaming: a running nginx has the old one
# mapped.

ifneq ($(SAN),)
NGINX = $(NGINX_ASAN)
NGINX_SRC = $(NGINX_ASAN_SRC)
endif

NGINX ?= $(firstword $(wildcard $(addsuffix /nginx,/usr/local/sbin /usr/sbin)) \
           nginx)
NGINX_SRC ?= /usr/share/nginx/src

$(B)/nginx/Makefile: config src/deps/module.sh $(B)/module.list \
                     $(NGINX_SRC)/src/core/nginx.h $(wildcard $(NGINX)) \
                     | $(B)/wzp_engine.o
	@echo "  configure the module for $(NGINX)"
	@rm -rf $(B)/nginx
	$(Q)WZP_BUILD=$(abspath $(B)) WZP_CC_OPT='$(EDGE)' \
	    src/deps/module.sh $(NGINX) $(NGINX_SRC) $(B)/nginx

$(B)/nginx/ngx_wzp_module.so: $(MODULE_SRCS) $(MODULE_HDRS) src/wzp.map \
                              $(B)/wzp_engine.o $(B)/nginx/Makefile
	$(call SAY,MODULE)
	$(Q)+$(MAKE) $(if $(V),,-s --no-print-directory) \
	    -f $(abspath $(B))/nginx/Makefile -C $(B)/nginx/tree modules
	@touch $@

$(B)/ngx_wzp_module.so: $(B)/nginx/ngx_wzp_module.so
	$(call SAY,CP)
	$(Q)cp $< $@.$$$$ && mv $@.$$$$ $@


# Programs.

define program
	$(call SAY,LD)
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@.$$$$ $(filter %.o,$^) $(CLIENT_LIBS) $(LIBS_MORE) \
	    && mv $@.$$$$ $@
endef

$(B)/wzp-client: $(call obj,$(CLIENT_SRCS)) $(ENGINE_LIBS) $(B)/link.flags
	$(program)

$(UNIT): $(B)/%: $(B)/obj/%.o $(call obj,$(T_UNIT_COMMON)) $(ENGINE_LIBS) \
         $(B)/link.flags
	$(program)

$(B)/t/unit/test_settings: $(call obj,$(OPTIONS_SRCS))

$(SIM): $(B)/%: $(B)/obj/%.o $(call obj,$(T_SIM_COMMON)) $(ENGINE_LIBS) \
        $(B)/link.flags
	$(program)

$(TOOLS): $(B)/%: $(B)/obj/%.o $(ENGINE_LIBS) $(B)/link.flags
	$(program)

$(BENCH): $(B)/%: $(B)/obj/%.o $(call obj,$(T_BENCH_COMMON)) $(ENGINE_LIBS) \
          $(B)/link.flags
	$(program)

# The oracle is GPL, and for tests only; the bench does without it.

$(B)/t/unit/test_raptorq: LIBS_MORE = -llcrq
$(B)/t/bench/fec: LIBS_MORE = $(if $(wildcard /usr/include/lcrq.h),-llcrq)

# That one runs the client, of which it includes the sender.

$(B)/t/bench/voice: $(filter-out %/main.o %/sender.o, \
                      $(call obj,$(CLIENT_SRCS)))
$(B)/t/bench/opus: $(filter-out %/main.o,$(call obj,$(CLIENT_SRCS)))

# Fuzz targets: clang, and src/wzp compiled along with each; for that of QUIC
# everything portable, and the simulated network; for the settings the options
# of the client as well.

FUZZ_FLAGS = -O1 -g -DWZP_DEBUG -fno-omit-frame-pointer \
             -fsanitize=fuzzer,address,undefined \
             -fno-sanitize-recover=undefined

FUZZ_SETTINGS = $(BUILD)/t/fuzz/fuzz_settings
FUZZ_QUIC = $(filter %/fuzz_quic,$(FUZZ))
FUZZ_QUIC_SRCS = $(QUIC_SRCS) $(T_SIM_COMMON)

$(FUZZ_QUIC): FUZZ_SRCS_MORE = $(FUZZ_QUIC_SRCS)
$(FUZZ_QUIC): FUZZ_LIBS_MORE = $(NGTCP2_LIBS) $(BORINGSSL_LIBS)
$(FUZZ_QUIC): $(FUZZ_QUIC_SRCS) $(wildcard src/quic/*.h src/net/*.h t/sim/*.h)

$(FUZZ_SETTINGS): FUZZ_SRCS_MORE = $(OPTIONS_SRCS)
$(FUZZ_SETTINGS) $(BUILD)/t/fuzz/fuzz_capture: $(wildcard client/*.[ch])

$(FUZZ): $(BUILD)/%: %.c $(WZP_SRCS) $(wildcard src/wzp/*.h t/fuzz/*.h)
	$(call SAY,FUZZ)
	@mkdir -p $(@D)
	$(Q)$(CLANG) -std=c11 -D_GNU_SOURCE= $(WARN) $(FUZZ_FLAGS) $(INCS) \
	        $< $(WZP_SRCS) $(FUZZ_SRCS_MORE) -o $@.$$$$ $(FUZZ_LIBS_MORE) \
	        $(SODIUM_LIBS) $(JANSSON_LIBS) \
	    && mv $@.$$$$ $@

# From Debian's packages alone.  The import path of quic-go has changed between
# releases.

GO = $(firstword $(wildcard /usr/bin/go) go)
GO_TAGS = $(if $(wildcard /usr/share/gocode/src/github.com/quic-go),quicgo)

.SECONDEXPANSION:

$(GO_PROGS): $(BUILD)/%: $$(wildcard $$*/*.go)
	$(call SAY,GO)
	@mkdir -p $(@D)
	$(Q)cd $* && GO111MODULE=off GOPATH=/usr/share/gocode \
	    GOFLAGS= GOCACHE=$(WZP_CACHE_DIR)/go \
	    $(GO) build -tags "$(GO_TAGS)" -o $(abspath $@) .


## run: set everything up and run the relay in the foreground
.PHONY: run
run:
	$(DEPS) packages all
	$(MAKE) all
	@conf/run.sh $(BUILD)


## test: set everything up and pass every test, plain and with sanitizers
.PHONY: test
test:
	$(DEPS) test-packages all test-nginx nginx-asan mk
	$(MAKE) tests
	$(MAKE) SAN=1 tests
	t/check.sh $(BUILD)

## check: the tests without setting up; STAGES="unit nginx", TESTS="t/x.t"
.PHONY: check
check: tests
	t/check.sh $(BUILD) $(STAGES)

## asan: module, client and test programs with ASan and UBSan, in build/asan
.PHONY: asan
asan:
	$(MAKE) SAN=1 tests

## fuzz: run each fuzz target for FUZZ_TIME seconds (60)
.PHONY: fuzz
FUZZ_TIME = 60
fuzz: $(FUZZ)
	@set -e; for f in $(FUZZ); do \
	    name=$${f##*/fuzz_}; mkdir -p $(BUILD)/corpus/$$name; \
	    echo "fuzzing $$name"; \
	    $$f -max_total_time=$(FUZZ_TIME) -print_final_stats=1 \
	        $(BUILD)/corpus/$$name \
	        $$(ls -d t/fuzz/corpus/$$name 2>/dev/null); \
	done

## bench: measure, and print each figure beside its floor
.PHONY: bench
bench: all $(TOOLS) $(BENCH) $(B)/t/sim/sim_gossip $(B)/t/sim/sim_fed
	$(if $(filter voice,$(ONLY)),,t/bench/run $(BUILD))
	$(if $(filter-out voice,$(ONLY)),,WZP_BUILD=$(abspath $(B)) \
	    t/bench/quality.pl)
	$(if $(ONLY),,$(B)/t/sim/sim_gossip bench)
	$(if $(ONLY),,$(B)/t/sim/sim_fed bench)

## demo-federation: speech over three relays on this machine, with a verdict
.PHONY: demo-federation
demo-federation:
	$(DEPS) test-packages all
	$(MAKE) all tools
	@WZP_BUILD=$(abspath $(B)) t/demo-federation.pl

## test-nginx-quic: the module in nginx 1.26 with HTTP/3, on both TLS libraries
.PHONY: test-nginx-quic
test-nginx-quic:
	$(DEPS) test-packages all test-nginx nginx-quic-openssl \
	    nginx-quic-boringssl mk
	$(MAKE) tests
	t/check.sh $(BUILD) nginx-quic

## lint: the house rules
.PHONY: lint
lint: all
	t/check.sh $(BUILD) lint


## install: module, client, configuration and libwzp; see PREFIX, DESTDIR
.PHONY: install uninstall

PREFIX = /usr/local
DESTDIR =

NGINX_V = $(shell $(NGINX) -V 2>&1)
MODULES = $(or $(patsubst --modules-path=%,%,$(filter --modules-path=%, \
            $(NGINX_V))),/usr/lib/nginx/modules)
CONFDIR = $(or $(patsubst %/nginx.conf,%,$(patsubst --conf-path=%,%, \
            $(filter --conf-path=%,$(NGINX_V)))),/etc/nginx)

D_MODULES = $(DESTDIR)$(MODULES)
D_ENABLE = $(DESTDIR)$(CONFDIR)/modules-available
D_CONF = $(DESTDIR)$(CONFDIR)/wzp
D_BIN = $(DESTDIR)$(PREFIX)/bin
D_MAN = $(DESTDIR)$(PREFIX)/share/man/man1
D_LIB = $(DESTDIR)$(PREFIX)/lib
D_INC = $(DESTDIR)$(PREFIX)/include/wzp

WZP_HDRS = $(wildcard src/wzp/*.h)

# The module is renamed into place, never written over: a running nginx has it
# mapped.  Configuration that was changed is kept.

install: all libs
	install -d $(D_MODULES) $(D_ENABLE) $(D_CONF) $(D_BIN) $(D_MAN) \
	    $(D_LIB)/pkgconfig $(D_INC)
	install -m 644 $(B)/ngx_wzp_module.so $(D_MODULES)/ngx_wzp_module.so.new
	mv $(D_MODULES)/ngx_wzp_module.so.new $(D_MODULES)/ngx_wzp_module.so
	echo 'load_module $(MODULES)/ngx_wzp_module.so;' \
	    > $(D_ENABLE)/60-mod-wzp.conf
	for f in conf/*.conf; do \
	    to=$(D_CONF)/$${f##*/}; \
	    if [ -f $$to ] && ! cmp -s $$f $$to; then to=$$to.new; fi; \
	    install -m 644 $$f $$to || exit 1; \
	done
	install -m 755 $(B)/wzp-client $(D_BIN)/wzp-client
	$(if $(wildcard client/wzp-client.1),install -m 644 \
	    client/wzp-client.1 $(D_MAN)/wzp-client.1)
	install -m 644 $(B)/libwzp.a $(D_LIB)/libwzp.a
	install -m 644 $(WZP_HDRS) $(D_INC)/
	sed -e 's,@PREFIX@,$(PREFIX),; s,@VERSION@,$(VERSION),' \
	    src/wzp/libwzp.pc.in > $(D_LIB)/pkgconfig/libwzp.pc
	@echo "installed; to load the module: ln -s" \
	    "$(CONFDIR)/modules-available/60-mod-wzp.conf" \
	    "$(CONFDIR)/modules-enabled/"

## uninstall: remove what install put there; changed configuration stays
uninstall:
	rm -f $(D_MODULES)/ngx_wzp_module.so $(D_ENABLE)/60-mod-wzp.conf \
	    $(D_BIN)/wzp-client $(D_MAN)/wzp-client.1 $(D_LIB)/libwzp.a \
	    $(D_LIB)/pkgconfig/libwzp.pc
	rm -rf $(D_INC)
	for f in conf/*.conf; do \
	    to=$(D_CONF)/$${f##*/}; rm -f $$to.new; \
	    if cmp -s $$f $$to; then rm -f $$to; fi; \
	done
	rmdir $(D_CONF) 2>/dev/null || true


## clean: remove what was built, but not the identity in build/run
.PHONY: clean distclean
clean:
	[ ! -d $(BUILD) ] || find $(BUILD) -mindepth 1 -maxdepth 1 ! -name run \
	    -exec rm -rf {} +

## distclean: remove the build directory
distclean:
	rm -rf $(BUILD)


## help: list the targets
.PHONY: help
help:
	@sed -n 's/^## \([a-z-]*\): /\1\t/p' $(MAKEFILE_LIST) \
	    | while IFS=$$'\t' read -r name text; do \
	          printf '  %-17s %s\n' "$$name" "$$text"; \
	      done
