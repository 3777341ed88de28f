/**
 * Names to make people of: some that are common, in the order of how common they are, and a long tail put together from
 * syllables. The tail is another one for each seed, so that nothing can be fitted to it.
 */
import type { Random } from './random.js';

/** Common surnames, the commonest first. */
const SURNAMES = [
  'Smith', 'Johnson', 'Silva', 'Williams', 'Brown', 'Nguyen', 'Jones', 'Miller', 'Davis', 'Sullivan', 'Martin', 'Lee',
  'Anderson', 'Murphy', 'Wilson', 'Chen', 'White', 'Thomas', 'Patel', 'Moore', 'Clark', 'Santos', 'Lewis', 'Walsh',
  'Kelly', 'Wang', 'Taylor', 'Tran', 'Robinson', 'Young', 'King', 'Wright', 'O\'Brien', 'Hall', 'Allen', 'Scott', 'Hill',
  'Green', 'Adams', 'Baker', 'Nelson', 'Campbell', 'Mitchell', 'Roberts', 'Carter', 'Phillips', 'Evans', 'Turner',
  'Parker', 'Collins', 'Edwards', 'Stewart', 'Morris', 'Cook', 'Rogers', 'Morgan', 'Cooper', 'Reed', 'Bailey', 'Bell',
  'Kim', 'Cox', 'Ward', 'Richardson', 'Watson', 'Brooks', 'Wood', 'James', 'Bennett', 'Gray', 'Hughes', 'Price', 'Myers',
  'Long', 'Foster', 'Sanders', 'Ross', 'Jenkins', 'Powell', 'Perry', 'Butler', 'Barnes', 'Fisher', 'Henderson', 'Coleman',
  'Simmons', 'Patterson', 'Jordan', 'Reynolds', 'Hamilton', 'Graham', 'McDonald', 'MacDonald', 'Wallace', 'West', 'Cole',
  'Hayes', 'Bryant', 'Herrera', 'Gibson', 'Ellis', 'Stevens', 'Murray', 'Ford', 'Marshall', 'Owens', 'Harrison', 'Kennedy',
  'Wells', 'Woods', 'Henry', 'Freeman', 'Webb', 'Tucker', 'Burns', 'Crawford', 'Simpson', 'Porter', 'Hunter', 'Gordon',
  'Shaw', 'Snyder', 'Mason', 'Hunt', 'Black', 'Daniels', 'Palmer', 'Mills', 'Nichols', 'Grant', 'Knight', 'Ferguson',
  'Stone', 'Dunn', 'Perkins', 'Hudson', 'Spencer', 'Gardner', 'Stephens', 'Payne', 'Pierce', 'Berry', 'Matthews', 'Arnold',
  'Wagner', 'Willis', 'Watkins', 'Olson', 'Carroll', 'Duncan', 'Snow', 'Hart', 'Cunningham', 'Lane', 'Andrews', 'Ruiz',
  'Harper', 'Fox', 'Riley', 'Armstrong', 'Carpenter', 'Weaver', 'Greene', 'Lawrence', 'Elliott', 'Sims', 'Austin',
  'Peters', 'Kelley', 'Franklin', 'Lawson', 'Fields', 'Ryan', 'Schmidt', 'Carr', 'Wheeler', 'Chapman', 'Oliver',
  'Montgomery', 'Richards', 'Williamson', 'Johnston', 'Banks', 'Meyer', 'Bishop', 'McCoy', 'Howell', 'Morrison', 'Hansen',
  'Burke', 'Lynch', 'Jacobs', 'Reid', 'Fuller', 'Garrett', 'Romero', 'Welch', 'Larson', 'Frazier', 'Hanson', 'Day',
  'Mendoza', 'Moreno', 'Bowman', 'Fowler', 'Brewer', 'Hoffman', 'Carlson', 'Pearson', 'Holland', 'Douglas', 'Fleming',
  'Jensen', 'Byrd', 'Davidson', 'Hopkins', 'May', 'Terry', 'Wade', 'Walters', 'Curtis', 'Neal', 'Caldwell', 'Lowe',
  'Barrett', 'Graves', 'Steele', 'Horton', 'Pham', 'Huang', 'Zhang', 'Liu', 'Li', 'Wong', 'Chan', 'Singh', 'Shah', 'Khan',
  'Ahmed', 'Ali', 'Hassan', 'Mohamed', 'Osei', 'Mensah', 'Jean', 'Pierre', 'Joseph', 'Jean-Baptiste', 'Jean-Louis',
  'Baptiste', 'Charles', 'LeBlanc', 'Pelletier', 'Gagnon', 'Cote', 'Bouchard', 'Roy', 'Fournier', 'Desrosiers', 'Dubois',
  'Kowalski', 'Nowak', 'Wisniewski', 'Rossi', 'Russo', 'Esposito', 'DeLuca', 'DiNardo', 'Doherty', 'McCarthy', 'McGrath',
  'O\'Connor', 'O\'Leary', 'O\'Neil', 'Callahan', 'Donovan', 'Fitzgerald', 'Foley', 'Mahoney', 'Quinn', 'Sheehan',
]; // biome-ignore format: a list of names

/** Surnames of families who carry two, the commonest first. */
const DOUBLE_SURNAMES = [
  'Rodríguez', 'García', 'Martínez', 'Hernández', 'López', 'González', 'Pérez', 'Sánchez', 'Ramírez', 'Torres', 'Rivera',
  'Díaz', 'Cruz', 'Reyes', 'Morales', 'Ortiz', 'Gutiérrez', 'Santiago', 'Vásquez', 'Castillo', 'Jiménez', 'Ruiz', 'Colón',
  'Álvarez', 'Mendoza', 'Vargas', 'Figueroa', 'Delgado', 'Rosario', 'Guzmán', 'Medina', 'Núñez', 'Peña', 'Ramos',
  'Herrera', 'Romero', 'Flores', 'Maldonado', 'Acevedo', 'Rosado', 'Vega', 'Soto', 'Feliciano', 'Pagán', 'Marrero',
  'Pereira', 'Ferreira', 'Oliveira', 'Costa', 'Gomes', 'Alves', 'Ribeiro', 'Carvalho', 'Teixeira', 'Monteiro', 'Tavares',
  'Barbosa', 'Medeiros', 'Sousa', 'Andrade', 'Fernandes', 'Lopes', 'Mendes', 'Pires', 'Vieira', 'Barros', 'Fontes',
]; // biome-ignore format: a list of names

type Sex = 'F' | 'M';
/** Whether somebody got the name before or after 1985. */
export type Cohort = 'old' | 'young';

const FIRST_NAMES: Readonly<Record<Sex, Readonly<Record<Cohort, readonly string[]>>>> = {
  F: {
    old: [
      'Mary', 'Patricia', 'Linda', 'Barbara', 'Elizabeth', 'Jennifer', 'Maria', 'Susan', 'Margaret', 'Lisa', 'Karen',
      'Nancy', 'Donna', 'Carol', 'Michelle', 'Kimberly', 'Deborah', 'Sandra', 'Ana', 'Kathleen', 'Dorothy', 'Sharon',
      'Laura', 'Helen', 'Cynthia', 'Amy', 'Angela', 'Melissa', 'Brenda', 'Ruth', 'Anna', 'Virginia', 'Rebecca', 'Judith',
      'Janet', 'Catherine', 'Katherine', 'Frances', 'Christine', 'Carolyn', 'Martha', 'Rose', 'Joyce', 'Diane', 'Alice',
      'Julie', 'Heather', 'Teresa', 'Theresa', 'Doris', 'Gloria', 'Evelyn', 'Jean', 'Cheryl', 'Joan', 'Ashley', 'Rosa',
      'Carmen', 'Luz', 'Marie', 'Ann', 'Anne', 'Stephanie', 'Pamela', 'Denise', 'Jacqueline', 'Andrea', 'Wanda', 'Phyllis',
      'Sara', 'Sarah', 'Kathryn', 'Lori', 'Tina', 'Beverly', 'Irene', 'Jane', 'Rachel', 'Marilyn', 'Tammy', 'Robin', 'Lucia',
      'Yolanda', 'Thuy', 'Mei', 'Fatima', 'Juana', 'Eileen', 'Maureen', 'Sheila', 'Elaine', 'Louise', 'Lois', 'Norma',
    ],
    young: [
      'Emma', 'Olivia', 'Sophia', 'Isabella', 'Ava', 'Mia', 'Emily', 'Abigail', 'Madison', 'Charlotte', 'Amelia', 'Hannah',
      'Elizabeth', 'Samantha', 'Ashley', 'Alexis', 'Grace', 'Sarah', 'Chloe', 'Ella', 'Victoria', 'Natalie', 'Maria',
      'Jessica', 'Sofia', 'Kayla', 'Alyssa', 'Lauren', 'Evelyn', 'Harper', 'Avery', 'Brianna', 'Taylor', 'Anna', 'Zoe',
      'Lily', 'Lillian', 'Kaylee', 'Hailey', 'Hayley', 'Haley', 'Leah', 'Layla', 'Aaliyah', 'Gabriella', 'Gabriela',
      'Camila', 'Camilla', 'Aria', 'Ariana', 'Arianna', 'Makayla', 'Mikayla', 'McKayla', 'Kylie', 'Kaylin', 'Jasmine',
      'Jazmine', 'Jada', 'Jade', 'Nora', 'Norah', 'Isabel', 'Isabelle', 'Julia', 'Juliana', 'Valentina', 'Valeria',
      'Megan', 'Meghan', 'Rachel', 'Savannah', 'Sydney', 'Mackenzie', 'Makenzie', 'Katherine', 'Catherine', 'Kaitlyn',
      'Caitlin', 'Katelyn', 'Nicole', 'Angelina', 'Genesis', 'Nevaeh', 'Serenity', 'Destiny', 'Trinity', 'Alana', 'Alanna',
      'Maya', 'Maia', 'Luna', 'Lucy', 'Penelope', 'Riley', 'Rylee', 'Scarlett', 'Violet', 'Aubrey', 'Audrey', 'Claire',
      'Clara', 'Eleanor', 'Elena', 'Eliana', 'Elise', 'Eva', 'Ivy', 'Josephine', 'Naomi', 'Stella', 'Amaya', 'Amara',
      'Amira', 'Mariah', 'Mariana', 'Melanie', 'Melody', 'Rebecca', 'Ruby', 'Sadie', 'Ximena', 'Yaretzi', 'Zainab',
    ],
  },
  M: {
    old: [
      'James', 'John', 'Robert', 'Michael', 'William', 'David', 'Richard', 'Joseph', 'Charles', 'Thomas', 'Christopher',
      'Daniel', 'Paul', 'Mark', 'Donald', 'George', 'Kenneth', 'Steven', 'Edward', 'Brian', 'Ronald', 'Anthony', 'Kevin',
      'Jose', 'Jason', 'Matthew', 'Gary', 'Timothy', 'Larry', 'Jeffrey', 'Frank', 'Scott', 'Eric', 'Stephen', 'Andrew',
      'Raymond', 'Gregory', 'Joshua', 'Jerry', 'Dennis', 'Walter', 'Patrick', 'Peter', 'Harold', 'Douglas', 'Henry', 'Carl',
      'Arthur', 'Ryan', 'Roger', 'Juan', 'Luis', 'Carlos', 'Jack', 'Albert', 'Jonathan', 'Justin', 'Terry', 'Gerald',
      'Keith', 'Samuel', 'Willie', 'Ralph', 'Lawrence', 'Nicholas', 'Roy', 'Benjamin', 'Bruce', 'Brandon', 'Adam', 'Harry',
      'Fred', 'Wayne', 'Billy', 'Steve', 'Louis', 'Jeremy', 'Aaron', 'Randy', 'Howard', 'Eugene', 'Russell', 'Bobby',
      'Victor', 'Antonio', 'Manuel', 'Joao', 'Minh', 'Wei', 'Mohammed', 'Jean', 'Francis', 'Leo', 'Vincent', 'Angel',
    ],
    young: [
      'Michael', 'Jacob', 'Noah', 'William', 'Liam', 'Mason', 'Ethan', 'Alexander', 'Daniel', 'Matthew', 'Joseph', 'Jayden',
      'Logan', 'Lucas', 'Benjamin', 'Elijah', 'James', 'Christopher', 'Joshua', 'Andrew', 'Anthony', 'David', 'Ryan',
      'Tyler', 'Jaden', 'Jaiden', 'Aiden', 'Aidan', 'Ayden', 'Brayden', 'Braden', 'Kayden', 'Caden', 'Caiden', 'Jaylen',
      'Jalen', 'Jaylin', 'Angel', 'Samuel', 'Nathan', 'Christian', 'Dylan', 'Brandon', 'John', 'Jonathan', 'Johnathan',
      'Gabriel', 'Caleb', 'Luke', 'Isaac', 'Jack', 'Jackson', 'Jaxon', 'Jaxson', 'Owen', 'Henry', 'Sebastian', 'Mateo',
      'Julian', 'Levi', 'Wyatt', 'Hunter', 'Connor', 'Conor', 'Landon', 'London', 'Adrian', 'Jose', 'Juan', 'Luis', 'Carlos',
      'Jesus', 'Diego', 'Isaiah', 'Josiah', 'Jeremiah', 'Zachary', 'Kevin', 'Nicholas', 'Nicolas', 'Evan', 'Ivan', 'Ian',
      'Adam', 'Aaron', 'Eric', 'Erik', 'Brian', 'Bryan', 'Ryder', 'Sean', 'Shawn', 'Cameron', 'Kameron', 'Carter', 'Parker',
      'Xavier', 'Dominic', 'Dominick', 'Damian', 'Damien', 'Tristan', 'Trenton', 'Trevor', 'Max', 'Miles', 'Myles', 'Micah',
      'Malik', 'Malachi', 'Muhammad', 'Mohamed', 'Omar', 'Amir', 'Eli', 'Elias', 'Ezra', 'Ezekiel', 'Leo', 'Leonardo',
      'Marcus', 'Marco', 'Marcos', 'Theodore', 'Thiago', 'Victor', 'Vincent', 'Giovanni', 'Antonio', 'Alejandro',
    ],
  },
}; // biome-ignore format: lists of names

/** What people are called who are called something else by their papers. */
const NICKNAMES: readonly (readonly [string, ...string[]])[] = [
  ['Robert', 'Bob', 'Rob', 'Bobby'], ['William', 'Bill', 'Will', 'Billy', 'Liam'], ['Richard', 'Rick', 'Dick', 'Rich'],
  ['James', 'Jim', 'Jimmy', 'Jamie'], ['John', 'Jack', 'Johnny'], ['Michael', 'Mike', 'Mikey'], ['Thomas', 'Tom', 'Tommy'],
  ['Joseph', 'Joe', 'Joey'], ['Charles', 'Charlie', 'Chuck'], ['Christopher', 'Chris', 'Topher'], ['Daniel', 'Dan', 'Danny'],
  ['Matthew', 'Matt'], ['Anthony', 'Tony'], ['Antonio', 'Tony'], ['Donald', 'Don'], ['Steven', 'Steve'], ['Stephen', 'Steve'],
  ['Edward', 'Ed', 'Eddie', 'Ted'], ['Kenneth', 'Ken', 'Kenny'], ['Timothy', 'Tim'], ['Jeffrey', 'Jeff'], ['Andrew', 'Andy', 'Drew'],
  ['Gregory', 'Greg'], ['Joshua', 'Josh'], ['Patrick', 'Pat', 'Paddy'], ['Peter', 'Pete'], ['Jonathan', 'Jon'], ['Benjamin', 'Ben', 'Benny'],
  ['Samuel', 'Sam', 'Sammy'], ['Nicholas', 'Nick'], ['Alexander', 'Alex', 'Xander'], ['Alejandro', 'Alex', 'Ale'], ['Zachary', 'Zach', 'Zack'],
  ['Nathan', 'Nate'], ['Jacob', 'Jake'], ['Vincent', 'Vinny', 'Vince'], ['Lawrence', 'Larry'], ['Leonardo', 'Leo'], ['Gabriel', 'Gabe'],
  ['Francis', 'Frank'], ['Theodore', 'Theo', 'Ted'], ['Manuel', 'Manny'], ['Jose', 'Pepe'], ['Luis', 'Lou'], ['Raymond', 'Ray'],
  ['Elizabeth', 'Liz', 'Beth', 'Betty', 'Eliza', 'Lizzy'], ['Margaret', 'Maggie', 'Peggy', 'Meg'], ['Katherine', 'Kate', 'Kathy', 'Katie'],
  ['Catherine', 'Cathy', 'Kate', 'Cate'], ['Kathleen', 'Kathy', 'Kay'], ['Patricia', 'Pat', 'Patty', 'Trish'], ['Jennifer', 'Jen', 'Jenny'],
  ['Barbara', 'Barb'], ['Susan', 'Sue', 'Susie'], ['Deborah', 'Debbie', 'Deb'], ['Rebecca', 'Becky', 'Becca'], ['Christine', 'Chris', 'Chrissy'],
  ['Samantha', 'Sam'], ['Alexandra', 'Alex', 'Lexi'], ['Alexis', 'Lexi', 'Alex'], ['Abigail', 'Abby'], ['Isabella', 'Bella', 'Izzy'],
  ['Victoria', 'Vicky', 'Tori'], ['Jessica', 'Jess', 'Jessie'], ['Jacqueline', 'Jackie'], ['Stephanie', 'Steph'], ['Madison', 'Maddie'],
  ['Gabriella', 'Gaby', 'Ella'], ['Natalie', 'Nat'], ['Pamela', 'Pam'], ['Theresa', 'Terry', 'Tess'], ['Teresa', 'Terry', 'Tere'],
  ['Cynthia', 'Cindy'], ['Sandra', 'Sandy'], ['Dorothy', 'Dot', 'Dottie'], ['Virginia', 'Ginny'], ['Josephine', 'Josie', 'Jo'],
  ['Eleanor', 'Ellie', 'Nora'], ['Olivia', 'Liv', 'Livvy'], ['Penelope', 'Penny'], ['Guadalupe', 'Lupe'], ['Francisco', 'Paco'],
]; // biome-ignore format: a table of names

/** Names that are written in several ways. */
const SPELLINGS: readonly (readonly string[])[] = [
  ['Katherine', 'Catherine', 'Kathryn'], ['Sara', 'Sarah'], ['Steven', 'Stephen'], ['Jon', 'John'], ['Eric', 'Erik'],
  ['Brian', 'Bryan'], ['Sean', 'Shawn', 'Shaun'], ['Teresa', 'Theresa'], ['Ann', 'Anne'], ['Megan', 'Meghan'], ['Sofia', 'Sophia'],
  ['Isabel', 'Isabelle'], ['Hailey', 'Haley', 'Hayley'], ['Aiden', 'Aidan', 'Ayden'], ['Jackson', 'Jaxon', 'Jaxson'],
  ['Kaitlyn', 'Katelyn', 'Caitlin'], ['Makayla', 'Mikayla', 'McKayla'], ['Nicholas', 'Nicolas'], ['Mohamed', 'Muhammad', 'Mohammed'],
  ['Jasmine', 'Jazmine'], ['Gabriela', 'Gabriella'], ['Zoe', 'Zoey'], ['Lily', 'Lilly'], ['Conor', 'Connor'], ['Jonathan', 'Johnathan'],
  ['Nora', 'Norah'], ['Ariana', 'Arianna'], ['Jayden', 'Jaden', 'Jaiden'], ['Dominic', 'Dominick'], ['Damian', 'Damien'], ['Miles', 'Myles'],
]; // biome-ignore format: a table of names

const SURNAME_STARTS = [
  'Bal', 'Bar', 'Ben', 'Bor', 'Bran', 'Cal', 'Car', 'Cas', 'Chan', 'Clar', 'Col', 'Cor', 'Dal', 'Dan', 'Del', 'Den', 'Dor',
  'Dun', 'Ed', 'El', 'Fal', 'Fer', 'Fin', 'Fol', 'Gal', 'Gar', 'Gil', 'Gor', 'Gran', 'Hal', 'Han', 'Har', 'Hol', 'Hor',
  'Hum', 'Jan', 'Kar', 'Kel', 'Ken', 'Kir', 'Kor', 'Lam', 'Lan', 'Lar', 'Len', 'Lin', 'Lor', 'Mal', 'Man', 'Mar', 'Mel',
  'Mer', 'Mil', 'Mon', 'Mor', 'Nar', 'Nel', 'Nor', 'Ol', 'Or', 'Pal', 'Par', 'Pel', 'Per', 'Pol', 'Por', 'Ral', 'Ram',
  'Ran', 'Ric', 'Rob', 'Rol', 'Ros', 'Sal', 'San', 'Sar', 'Sel', 'Shar', 'Sim', 'Sol', 'Stan', 'Sul', 'Tal', 'Tan', 'Tar',
  'Tel', 'Tor', 'Tur', 'Val', 'Van', 'Var', 'Ver', 'Vol', 'Wal', 'War', 'Wel', 'Wil', 'Win', 'Yar', 'Zel',
]; // biome-ignore format: a list of syllables
const SURNAME_MIDDLES = ['', '', '', 'a', 'i', 'o', 'er', 'en', 'in', 'and', 'ing', 'al', 'is'];
const SURNAME_ENDS = [
  'ton', 'son', 'sen', 'man', 'ford', 'field', 'ley', 'wood', 'well', 'berg', 'stein', 'ski', 'sky', 'wicz', 'ova', 'ez',
  'es', 'eau', 'ault', 'ier', 'ini', 'elli', 'ano', 'ino', 'ucci', 'aro', 'as', 'os', 'opoulos', 'ian', 'yan', 'enko', 'chuk',
  'ora', 'era', 'ado', 'eira', 'inho', 'aya', 'awa', 'moto', 'shi', 'ung', 'ong', 'ang', 'adi', 'ani', 'pour', 'oglu', 'kar',
  'wala', 'rao', 'nath', 'ede', 'uku', 'owa', 'by', 'ham', 'ridge', 'er',
]; // biome-ignore format: a list of syllables
const SURNAME_PREFIXES = ['Mc', 'Mac', "O'", 'De ', 'De La ', 'Van ', 'St. ', 'Di', 'El-', 'La'];

const FIRST_NAME_STARTS: Readonly<Record<Sex, readonly string[]>> = {
  F: [
    'A', 'Bri', 'Ca', 'Cha', 'Da', 'De', 'E', 'Fa', 'Gi', 'Ha', 'I', 'Ja', 'Jo', 'Ka', 'Ke', 'Ky', 'La', 'Le', 'Li', 'Ma',
    'Me', 'Mi', 'Na', 'Ni', 'Ra', 'Re', 'Ro', 'Sa', 'Sha', 'Ta', 'Ti', 'Tri', 'Va', 'Vi', 'Xi', 'Ya', 'Za',
  ],
  M: [
    'A', 'Bra', 'Bre', 'Ca', 'Co', 'Da', 'De', 'Do', 'E', 'Fe', 'Ga', 'Ha', 'I', 'Ja', 'Jo', 'Ka', 'Ke', 'Ky', 'La', 'Le',
    'Ma', 'Me', 'Mi', 'Na', 'Ni', 'O', 'Qua', 'Ra', 'Re', 'Ro', 'Sa', 'Sha', 'Ta', 'Tre', 'Ty', 'Va', 'Xa', 'Za',
  ],
}; // biome-ignore format: lists of syllables
const FIRST_NAME_MIDDLES = [
  '',
  '',
  'la',
  'li',
  'ma',
  'mi',
  'na',
  'ni',
  'ra',
  'ri',
  'sha',
  'van',
  'y',
  'lon',
  'ja',
  'ze',
];
const FIRST_NAME_ENDS: Readonly<Record<Sex, readonly string[]>> = {
  F: ['lyn', 'lynn', 'lee', 'leigh', 'na', 'nna', 'ya', 'yah', 'isha', 'iyah', 'ssa', 'tte', 'belle', 'ria', 'nia', 'la', 'lia', 'ra'],
  M: ['den', 'don', 'ton', 'son', 'vion', 'von', 'quan', 'rell', 'shawn', 'mir', 'len', 'lin', 'rick', 'ro', 'yan', 'vin', 'ziah', 'ron'],
}; // biome-ignore format: lists of syllables

const RARE_SURNAMES = 5000;
const RARE_FIRST_NAMES = 1300;

/** Things of which each is rarer than the one before: the weight of the place `n` is `1 / (n + flatness)`. */
class ByFrequency<T> {
  readonly #items: readonly T[];
  readonly #sums: Float64Array;

  constructor(items: readonly T[], flatness: number) {
    this.#items = items;
    this.#sums = new Float64Array(items.length);
    let sum = 0;
    for (let place = 0; place < items.length; place++) this.#sums[place] = sum += 1 / (place + 1 + flatness);
  }

  pick(random: Random): T {
    const wanted = random.next() * this.#sums[this.#sums.length - 1]!;
    let low = 0;
    let high = this.#sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sums[middle]! > wanted) high = middle;
      else low = middle + 1;
    }
    return this.#items[low]!;
  }
}

/** All the names of a population. */
export class PersonNames {
  readonly #surnames: ByFrequency<string>;
  readonly #doubleSurnames = new ByFrequency(DOUBLE_SURNAMES, 3);
  readonly #firstNames: Readonly<Record<Sex, Readonly<Record<Cohort, ByFrequency<string>>>>>;
  readonly #alike = new Map<string, string[]>();
  readonly #nicknames = new Map<string, string[]>();
  readonly #spellings = new Map<string, string[]>();

  constructor(random: Random) {
    this.#surnames = new ByFrequency(
      withRare(SURNAMES, RARE_SURNAMES, () => makeSurname(random)),
      3,
    );
    const firstNames = (sex: Sex): Record<Cohort, ByFrequency<string>> => {
      const rare = withRare([], RARE_FIRST_NAMES, () => makeFirstName(sex, random));
      const young = [...FIRST_NAMES[sex].young, ...rare];
      for (const name of new Set(young)) for (const key of likenessKeys(sex, name)) append(this.#alike, key, name);
      return {
        old: new ByFrequency([...FIRST_NAMES[sex].old, ...rare.slice(0, 300)], 1),
        young: new ByFrequency(young, 1),
      };
    };
    this.#firstNames = { F: firstNames('F'), M: firstNames('M') };
    for (const [name, ...others] of NICKNAMES) {
      for (const other of others) {
        append(this.#nicknames, name, other);
        append(this.#nicknames, other, name);
      }
    }
    for (const names of SPELLINGS) {
      for (const name of names) for (const other of names) if (name !== other) append(this.#spellings, name, other);
    }
  }

  surname(random: Random): string {
    return this.#surnames.pick(random);
  }

  /** One of the two surnames that each member of some families has. */
  doubleSurname(random: Random): string {
    return this.#doubleSurnames.pick(random);
  }

  firstName(sex: Sex, cohort: Cohort, random: Random): string {
    return this.#firstNames[sex][cohort].pick(random);
  }

  /** Another name that begins or ends as this one does, as parents like it for twins; any name when there is none. */
  nameLike(name: string, sex: Sex, random: Random): string {
    const alike = this.#alike.get(random.pick(likenessKeys(sex, name))) ?? [];
    const other = alike.length === 0 ? name : random.pick(alike);
    return other === name ? this.firstName(sex, 'young', random) : other;
  }

  /** Whether one of the names may stand for the other: parents do not give both to their twins. */
  mayBeOne(name: string, other: string): boolean {
    const isAnother = (names: Map<string, string[]>): boolean => names.get(name)?.includes(other) ?? false;
    return name.startsWith(other) || other.startsWith(name) || isAnother(this.#nicknames) || isAnother(this.#spellings);
  }

  /** What somebody of this name is called as well, or `null`. */
  nickname(name: string, random: Random): string | null {
    const others = this.#nicknames.get(name);
    return others === undefined ? null : random.pick(others);
  }

  /** Another way in which the name is written: from the table, or as it sounds; `null` when there is none. */
  spelling(name: string, random: Random): string | null {
    const others = this.#spellings.get(name);
    if (others !== undefined) return random.pick(others);
    const changes = SOUNDS.filter(([sound]) => sound.test(name));
    if (changes.length === 0) return null;
    const [sound, replacement] = random.pick(changes);
    return name.replace(sound, replacement);
  }
}

/** Letters that are heard alike. */
const SOUNDS: readonly (readonly [RegExp, string])[] = [
  [/ez$/, 'es'],
  [/es$/, 'ez'],
  [/^Mc(?=[A-Z])/, 'Mac'],
  [/^Mac(?=[A-Z])/, 'Mc'],
  [/son$/, 'sen'],
  [/sen$/, 'son'],
  [/ph/, 'f'],
  [/ck/, 'k'],
  [/ie/, 'ei'],
  [/y(?=.)/, 'i'],
  [/i(?=[ln])/, 'y'],
  [/([lnrt])\1/, '$1'],
  [/ski$/, 'sky'],
  [/sky$/, 'ski'],
  [/^C(?=[ao])/, 'K'],
  [/^K(?=[ao])/, 'C'],
  [/ee/, 'ea'],
  [/ah$/, 'a'],
  [/(?<=[nry])a$/, 'ah'],
];

function append(map: Map<string, string[]>, key: string, name: string): void {
  const names = map.get(key);
  if (names === undefined) map.set(key, [name]);
  else names.push(name);
}

function likenessKeys(sex: Sex, name: string): string[] {
  return [`${sex}^${name.slice(0, 3)}`, `${sex}^${name.slice(0, 2)}`, `${sex}$${name.slice(-3)}`];
}

function withRare(common: readonly string[], count: number, make: () => string): string[] {
  const names = new Set(common);
  while (names.size < common.length + count) names.add(make());
  return [...names];
}

function makeSurname(random: Random): string {
  const name = random.pick(SURNAME_STARTS) + random.pick(SURNAME_MIDDLES) + random.pick(SURNAME_ENDS);
  return random.chance(0.06) ? random.pick(SURNAME_PREFIXES) + name : name;
}

function makeFirstName(sex: Sex, random: Random): string {
  return random.pick(FIRST_NAME_STARTS[sex]) + random.pick(FIRST_NAME_MIDDLES) + random.pick(FIRST_NAME_ENDS[sex]);
}
