import { blockFiles } from '@btcp2p/testdata';
import { BlockView } from '@btcp2p/wire';
import { PrecomputedTransaction, verifyInput, nobleVerifier } from '@btcp2p/script';
import { nativeVerifier } from '../../packages/reactor/dist/native-verifier.js';
import { nativeScriptHashes } from '../../packages/reactor/dist/native-script-hashes.js';
const which=process.argv[2]?.split(',')??['main-210000','main-403200','main-300025','test3-928816','main-367891','main-757739','main-757753','test3-928828'];
const {source,verifier}=nativeVerifier(); console.log(source);
let inside=0,calls=0;
const timed=(f)=>(...a)=>{const t=process.hrtime.bigint();const r=f(...a);inside+=Number(process.hrtime.bigint()-t);calls++;return r;};
const tv={verifyEcdsa:timed(verifier.verifyEcdsa),verifySchnorr:timed(verifier.verifySchnorr),checkTapTweak:timed(verifier.checkTapTweak)};
const yes={verifyEcdsa:()=>true,verifySchnorr:()=>true,checkTapTweak:()=>true};
for(const f of blockFiles()){ if(!which.includes(f.name))continue;
 const prev=f.prevouts.map(({value,script})=>({value,scriptPubKey:script}));
 const flags = 1|(1<<11)|(1<<17);
 const run=(v)=>{const view=BlockView.of(f.bytes);let at=0,n=0;for(let i=1;i<view.transactionCount;i++){const t=view.transaction(i);const sp=prev.slice(at,at+t.inputs.length);at+=sp.length;const p=PrecomputedTransaction.of(t,sp,nativeScriptHashes);for(let k=0;k<sp.length;k++){const e=verifyInput(p,k,flags,v);if(e!=='OK')throw new Error(f.name+' '+i+' '+k+' '+e);n++;}}return n;};
 run(yes);
 let t0=performance.now(); const n=run(yes); let own=performance.now()-t0; for(let r=0;r<(process.env.REPS??(n>5000?2:12));r++){t0=performance.now();run(yes);own=Math.min(own,performance.now()-t0);}
 if(process.env.YES){continue}
 t0=performance.now(); run(verifier); const full=performance.now()-t0;
 inside=0;calls=0; t0=performance.now(); run(tv); const tt=performance.now()-t0;
 console.log(f.name.padEnd(14),n,'inputs; own',(own*1000/n).toFixed(2),'µs/input; full',(full*1000/n).toFixed(1),'µs/input',Math.round(n/full*1000),'inputs/s; calls',calls,'inside',(inside/1e6/tt*100).toFixed(1)+'%', 'by own:',((1-own/full)*100).toFixed(1)+'%');
}
