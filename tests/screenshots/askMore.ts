import type { Portal } from '../stories/support/portal.ts'
import { submit, submitAndRun, type Asked } from '../stories/support/requests.ts'

const ran: Asked[] = [
  {
    comment: 'Strongest earthquakes of the week, with their depth',
    content:
      'select place, magnitude, depth_km, happened_at from earthquakes order by magnitude desc limit 25',
  },
  {
    comment: 'Does rain delay flights out of Seattle?',
    content: `select w.conditions, count(*) as days, avg(w.precipitation_mm) as rain_mm
from weather w where w.location = 'Seattle' group by w.conditions order by days desc`,
  },
  {
    comment: 'Airports without a single flight in our data',
    content:
      'select count(*) from airports a where not exists (select from flights f where a.iata in (f.origin, f.destination))',
  },
  {
    comment: 'Busiest routes of January',
    fileName: 'busiest-routes.js',
    content: `const { rows } = await db.query(
  \`select origin, destination, count(*) as flights
   from flights where scheduled_at < '2001-02-01'
   group by origin, destination order by flights desc limit 10\`,
)
for (const { origin, destination, flights } of rows) console.log(origin, '->', destination, flights)
return { busiest: rows[0] }
`,
  },
]
const waiting: Asked[] = [
  {
    instance: 'demo-primary',
    comment: 'Correct the delay of flight 1207\nThe airline reported seconds, we stored them as minutes.',
    content: `update flights
set delay_minutes = delay_minutes / 60
where id = 1207
returning id, origin, destination, scheduled_at, delay_minutes`,
  },
  {
    comment: 'Longest flights that were on time',
    content: 'select * from flights where delay_minutes <= 0 order by distance_miles desc limit 50',
  },
]

/** More than the demonstration brings along, so that the lists look as they do in use. */
export async function askMore(portal: Portal): Promise<void> {
  const [developer, manager, deputy] = [
    await portal.api('developer'),
    await portal.api('manager'),
    await portal.api('deputy'),
  ]
  for (const [index, asked] of ran.entries())
    await submitAndRun(developer, index % 2 === 0 ? manager : deputy, asked)
  for (const asked of waiting) await submit(developer, asked)
  await submit(manager, {
    comment: 'How many flights left early?',
    content: 'select count(*) from flights where delay_minutes < 0',
  })
}
