/**
 * Words that mean the same kind of thing in any text: numbers, days, months, units. Knowledge of languages, not of tasks;
 * lower case, several languages to a line. A word belongs to the first line that holds it.
 */
const lines: Readonly<Record<string, string>> = {
  month:
    'january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec ' +
    'januar februar märz mai juni juli oktober dezember janvier février mars avril juin juillet août septembre octobre novembre décembre ' +
    'enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre ' +
    'janeiro fevereiro março maio junho julho setembro outubro novembro dezembro januari februari maart mei augustus',
  weekday:
    'monday tuesday wednesday thursday friday saturday sunday mon tue tues wed weds thu thur thurs fri sat sun mondays tuesdays wednesdays thursdays fridays saturdays sundays ' +
    'montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag lundi mardi mercredi jeudi vendredi samedi dimanche ' +
    'lunes martes miércoles jueves viernes sábado domingo lunedì martedì mercoledì giovedì venerdì sabato domenica maandag dinsdag woensdag donderdag vrijdag zaterdag zondag',
  relativeDay:
    'today tomorrow tonight yesterday tmrw tmr tomorrows heute morgen gestern übermorgen demain hier hoy mañana ayer oggi domani ieri hoje amanhã ontem vandaag gisteren',
  dayPart:
    'morning afternoon evening night noon midday midnight dawn dusk breakfast lunch lunchtime dinner dinnertime brunch mittag abend nacht mitternacht matin midi soir minuit tarde noche mattina sera manhã noite ochtend middag avond',
  meridiem: 'am pm a.m p.m o oclock clock uhr h hrs',
  timeUnit:
    'second seconds minute minutes min mins hour hours hr day days week weeks weekend weekends fortnight month months year years decade decades century quarter ' +
    'sekunde sekunden minuten stunde stunden tag tage tagen woche wochen monat monate monaten jahr jahre jahren heure heures jour jours semaine semaines mois an ans année hora horas día días semana semanas mes meses año años ora ore giorno giorni settimana settimane mese mesi anno anni dag dagen weken maand maanden jaar',
  cardinal:
    'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen ' +
    'null eins ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf un deux trois quatre cinq sept huit neuf dix onze douze ' +
    'uno dos tres cuatro cinco seis siete ocho nueve diez due tre quattro cinque sei sette otto dieci dois três quatro een twee drie vijf zes zeven acht negen tien',
  tens: 'twenty thirty forty fourty fifty sixty seventy eighty ninety zwanzig dreißig vierzig fünfzig vingt trente quarante cinquante veinte treinta cuarenta cincuenta venti trenta',
  largeNumber:
    'hundred hundreds thousand thousands million millions billion billions trillion dozen hundert tausend cent mille cien ciento mil cento',
  ordinal:
    'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth ' +
    'erste ersten zweite dritte premier première deuxième primero segundo tercero primo secondo terzo',
  ordinalEnding: 'st nd rd th',
  fraction: 'half quarter past to till til halb viertel demi media mezzo',
  direction:
    'next last this coming following previous early late mid earlier later ago nächste nächsten letzte prochain prochaine próximo próxima prossimo',
  people:
    'people person persons guests guest adults adult kids kid children child friends friend family wife husband girlfriend boyfriend partner couple us party colleagues mother father mum mom dad parents personen leute personnes personas persone pessoas',
  self: 'i me my mine myself we our ours us',
  title:
    'mr mrs ms miss dr prof professor sir madam mister lady lord herr frau monsieur madame mademoiselle señor señora sr sra signor signora',
  currency:
    'dollar dollars usd euro euros eur pound pounds gbp cents cent yen rupee rupees franc francs chf bucks quid',
  unit: 'km kilometre kilometer kilometers kilometres mile miles metre meter meters metres cm mm kg kilo kilos gram grams lb lbs pounds oz litre liter percent degrees celsius fahrenheit',
  street:
    'street st road rd avenue ave boulevard blvd lane ln drive dr court ct place square way highway terrace close crescent parkway straße strasse platz weg allee rue via calle avenida plaza rua laan straat',
  company: 'inc ltd llc corp corporation company gmbh ag plc sa srl bv limited group holdings',
  article: 'the a an der die das den dem le la les el los las il lo gli de het o os as',
  preposition:
    'in on at for from to of by with near around about between into under over between until before after during since within via in per',
  conjunction: 'and or but und oder et ou y e en',
};

/** Number of the class of each word; classes count from 1. */
export const lexicalClasses: ReadonlyMap<string, number> = readLines();

export const lexicalClassCount = Object.keys(lines).length;

function readLines(): Map<string, number> {
  const classes = new Map<string, number>();
  Object.values(lines).forEach((words, index) => {
    for (const word of words.split(' ')) if (!classes.has(word)) classes.set(word, index + 1);
  });
  return classes;
}
