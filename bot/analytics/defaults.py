"""Every threshold and constant of the methods, in one versioned place."""

from datetime import timedelta

VERSION = 1

HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
WEEK = timedelta(days=7)
MONTH = timedelta(days=30)

# --- the decline (METHODS, preamble) ---
DECLINE_LOOKBACK_HOURS = 720  # the peak is the highest close of the last 720 hours
DECLINE_THRESHOLD = -0.05  # log fall since the peak; above it there is no decline

# --- volatility (METHODS 2 and 5) ---
# One convention for every horizon, the one that METHODS 5 writes as √24 σ: hourly sd × √hours.
VOLATILITY_LOOKBACK_HOURS = 720  # METHODS 3 and 4 look back 30 days; METHODS 2 leaves it open
VOLATILITY_MINIMUM_RETURNS = 336  # METHODS 5 asks this of its σ; used for every σ

# --- coverage ---
MINIMUM_COVERAGE = 0.9  # METHODS 7: a feed up for less than 90 % of the time is unknown

# --- open interest (METHODS 2) ---
PRICE_SHARE_MINIMUM_CHANGE = 0.01  # π only where |Δln OI_usd| ≥ 1 %
PRICE_DEAD_BAND = 0.005  # θ_P = max(0.5 %, 0.5 σ)
NATIVE_DEAD_BAND = 0.01  # θ_Q = max(1 %, 0.5 σ of Δln Q)
DEAD_BAND_SIGMAS = 0.5
TAKER_SELL_SHARE = 0.52  # "new shorts" needs more than this, or falling funding or basis

# --- funding (METHODS 2) ---
FUNDING_INTERVAL_HOURS = 8  # every rate is normalised to 8 h
HOURS_PER_YEAR = 8760  # simple annual: 0.01 % per 8 h = 10.95 %

# --- cascade (METHODS 3) ---
CASCADE_FALL = 0.05  # P_24h ≤ −max(5 %, 2 σ_24h)
CASCADE_FALL_SIGMAS = 2.0
CASCADE_LONG_SHARE = 0.75  # LL / (LL + LS)
CASCADE_OPEN_INTEREST_SHARE = 0.03  # LL_24 / OI_{t−24h} ≥ 3 % × capture
CASCADE_MEDIAN_MULTIPLE = 30.0  # where capture is unknown: LL_24 ≥ 30 × the trailing median …
CASCADE_NATIVE_CHANGE = -0.01  # … and Δln Q_24 ≤ −1 %
CASCADE_CONCENTRATION_HOURS = 4  # half of LL_24 fell within 4 h
CASCADE_CONCENTRATION_SHARE = 0.5
BASELINE_DAYS = 30  # "trailing 14–30-day median": up to 30 days …
BASELINE_MINIMUM_DAYS = 14  # … and at least 14 (METHODS 7 says the same)
BUILDING_PERCENTILE = 0.95
ACTIVE_PERCENTILE = 0.99
FADING_HOURS = 3

# --- altcoins (METHODS 4) ---
HUBER_K = 1.345
HUBER_MAXIMUM_ROUNDS = 100
HUBER_TOLERANCE = 1e-10  # relative; far below anything that is printed
MAD_TO_SIGMA = 1.4826  # 1 / Φ⁻¹(0.75): makes the MAD of a normal its standard deviation
BETA_LOOKBACK_HOURS = 720  # 30 days of hourly returns
BETA_MINIMUM_RETURNS = 336  # METHODS 4 names none: half of the 30 days, as for σ (METHODS 5)
CONFIDENCE_SIGMAS = 1.96  # β ± 1.96 se
DISPERSION_MINIMUM_ASSETS = 3  # a spread of two assets is one difference
COMPONENT_MINIMUM_RETURNS = 168  # below a week, noise alone makes a large first component

# --- shape (METHODS 5) ---
SHAPE_SIGMA_HOURS = 2160  # σ over the up to 2,160 h before the peak (minimum: see volatility)
SHOCK_SHARE = 0.6  # C24 ≥ 0.6 …
SHOCK_Z = -3.0  # … and z24 ≤ −3 …
SHOCK_DAYS = 7.0  # … within 7 d, older: POST-SHOCK
GRIND_SHARE = 0.4  # C24 ≤ 0.4 …
GRIND_EFFECTIVE_DAYS = 4.0  # … and N_eff ≥ 4 …
GRIND_DAYS = 7.0  # … and ≥ 7 d
SHARP_LEG_Z = -6.0
SHARP_LEG_HOURS = 48.0

# --- drivers (METHODS 8) ---
DRIVER_MINIMUM_HISTORY = 21  # n < 21: unknown
DRIVER_FULL_HISTORY = 90  # min(1, n / 90)
DRIVER_UNUSUAL_SCORE = 10.0  # below: "no unusual reading"
MEASURABLE_UNDEFINED = 0.5  # m where the arithmetic share is undefined
MEASURABLE_STATE = 0.0  # m of a state
