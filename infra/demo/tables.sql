-- Open data of the npm package vega-datasets; $1 of each insert is the data set as JSON.
create table airports (
  iata text primary key,
  name text not null,
  city text,
  state text,
  country text not null,
  latitude double precision not null,
  longitude double precision not null
);
comment on table airports is 'Airports of the United States and its territories (data.gov)';

create table flights (
  id bigint generated always as identity primary key,
  scheduled_at timestamp not null,
  delay_minutes integer not null,
  distance_miles integer not null,
  origin text not null references airports,
  destination text not null references airports
);
comment on table flights is '20,000 domestic flights of the first quarter of 2001 (U.S. DOT)';
create index on flights (origin, scheduled_at);
create index on flights (destination, scheduled_at);

create table movies (
  id integer generated always as identity primary key,
  title text,
  release_date date,
  rating text,
  running_minutes smallint,
  distributor text,
  genre text,
  director text,
  us_gross_usd bigint,
  worldwide_gross_usd bigint,
  budget_usd bigint,
  rotten_tomatoes smallint check (rotten_tomatoes between 0 and 100),
  imdb_rating numeric(3, 1),
  imdb_votes integer
);
create index on movies (title);
create index on movies (release_date);

create table weather (
  location text,
  day date,
  precipitation_mm numeric(5, 1) not null,
  temp_max_c numeric(4, 1) not null,
  temp_min_c numeric(4, 1) not null,
  wind_mps numeric(4, 1) not null,
  conditions text not null,
  primary key (location, day)
);
comment on table weather is 'Daily weather of Seattle and New York, 2012 to 2015 (NOAA)';

create table earthquakes (
  id text primary key,
  happened_at timestamptz not null,
  magnitude real,
  depth_km double precision,
  place text,
  latitude double precision not null,
  longitude double precision not null,
  tsunami boolean not null,
  details jsonb not null
);
comment on table earthquakes is 'All earthquakes of one week of February 2018 (USGS)';
create index on earthquakes (happened_at);
create index on earthquakes (magnitude desc);
